"""``@both``: a test of the feed on SQLite, and on PostgreSQL where that is installed.

``@on_postgres``: on that alone.
"""

from __future__ import annotations

import pytest

_POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)
both = pytest.mark.parametrize("database", ["sqlite", _POSTGRES], indirect=True)
on_postgres = pytest.mark.parametrize("database", [_POSTGRES], indirect=True)
