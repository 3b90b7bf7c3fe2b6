"""Sending what happens to issues to other systems: webhooks, Open311, files.

``dispatcher.py`` takes deliveries from the store and hands them to a sender of its target's kind;
``fetching.py`` is the only way out to the network, and ``addresses.py`` guards it.
"""
