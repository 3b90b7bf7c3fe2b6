"""Pest inspections: what was looked at, what was found, and rates that never lack a denominator.

``Rate`` can't be made without a ``Denominator``, and a level comes only from a rate::

    with store.transaction() as session:
        record_inspection(session, inspection, now=now)
    report = pest_report(session, standards, since=..., until=...)
"""
