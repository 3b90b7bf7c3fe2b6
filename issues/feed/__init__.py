"""Telling others what happens to issues: public words, targets and filters, deliveries.

Who sends, and how, is in ``api/feed``.
"""
