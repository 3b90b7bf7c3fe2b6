"""The API keeps what its OpenAPI says: no 500, and no answer that it doesn't tell of.

Schemathesis draws them; the seed is fixed, so that a failure is the same everywhere.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from api.app import create_app
from api.settings import Settings
from issues.store import open_store
from tests.api.conftest import Prepared
from tests.api.console_server import free_port
from tests.api.patrol import FakeEngine, now

schemathesis = pytest.importorskip("schemathesis")

EXAMPLES = 4
SEED = 20260501
LEFT_OUT = {
    "POST /api/v1/exports": "starts a browser to print",
    "DELETE /api/v1/keys/{key}": "could end the keys of the tests",
}


@pytest.fixture(scope="module")
def served(
    walked_folder: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The base URL of a running server, its OpenAPI, and an admin's key."""
    import uvicorn

    data = tmp_path_factory.mktemp("promises") / "data"
    shutil.copytree(walked_folder.folder, data)
    store = open_store(None, data)
    chosen = Settings(data_dir=Path(data), upload_max_mb=2, rate_limit_factor=0, feed=False)
    app = create_app(chosen, store, console=False, open_engine=FakeEngine, now=now)
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(600):
        if server.started:
            break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}", app.openapi(), walked_folder.admin_key
    server.should_exit = True
    thread.join(30)
    store.close()


@pytest.mark.slow
def test_the_api_keeps_its_promises(served: tuple[str, dict[str, Any], str]) -> None:
    base, description, key = served
    schema = schemathesis.openapi.from_dict(description)
    faults: dict[str, str] = {}
    walked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        name = f"{operation.method.upper()} {operation.path}"
        if name in LEFT_OUT:
            continue
        try:
            check(operation, base, key)
        except BaseExceptionGroup as group:  # each fault is told, not the first alone
            faults[name] = "\n".join(str(error) for error in group.exceptions)[:1500]
        walked += 1
    assert not faults, "\n\n".join(f"{name}\n{fault}" for name, fault in faults.items())
    assert walked > 60


def check(operation: Any, base: str, key: str) -> None:
    """Some requests to one operation. Raises what schemathesis finds."""
    from schemathesis.specs.openapi import checks

    wanted = [
        schemathesis.checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        case.call_and_validate(base_url=base, headers=headers, checks=wanted, timeout=30)

    ask()
