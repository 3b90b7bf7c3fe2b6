"""A process with the console on it, for tests that drive a browser.

NiceGUI is one a process, so the console isn't started inside pytest's own:
``python -m tests.api.console_server DATA PORT``.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]


def main(data_dir: Path, port: int) -> None:
    import uvicorn

    from api.app import create_app
    from api.settings import Settings
    from tests.api.patrol import FakeEngine, now

    app = create_app(Settings(data_dir=data_dir), open_engine=FakeEngine, now=now)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@contextmanager
def serving(data_dir: Path, log: Path) -> Iterator[str]:
    """The base URL of a server on the data; it is stopped at the end and must stop cleanly."""
    port = free_port()
    command = [sys.executable, "-m", "tests.api.console_server", str(data_dir), str(port)]
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(base, process, log)
        yield base
    finally:
        process.terminate()
        code = process.wait(30)
    assert code in {0, -15}, log.read_text()
    assert "Traceback" not in log.read_text(), log.read_text()


def wait_until_up(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(2400):
        assert process.poll() is None, f"the server ended:\n{log.read_text()}"
        try:
            with urlopen(f"{base}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the server didn't come up:\n{log.read_text()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
