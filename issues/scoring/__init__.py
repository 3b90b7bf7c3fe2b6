"""How well places and units do: figures with their issues, points, ranking, sample points.

Each figure is a tuple of issue ids; the number that is shown is its length, so that a figure and
the list behind it can't differ. The rules are data (``points.yaml``, ``checklist.yaml``)::

    period = parse_period("2026-W45", catalogue.calendar.zone)
    board = make_board(session, catalogue, load_points(), period, "street", now=now)
    board.line("qs").tally[Measure.FIXED_LATE]   # ids of the issues that were fixed late

``measures`` says what is counted, ``history`` reads an issue's steps, ``tally`` counts (pure),
``points`` and ``ranking`` judge (pure), ``board`` puts it together from the store.
"""
