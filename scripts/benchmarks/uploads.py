"""Uploads in parallel against a real server: failures, times, and the server's largest memory.

The server is the real one, in a process of its own, without the console; its analysis only reads
the files, so that the figures are those of receiving, checking and keeping them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2 as httpx

from api.auth import create_role_key
from api.jobs import JobPhoto, PlaceGiven
from issues.store import open_store

PORT = 8477


class Reading:
    """An analysis that only reads each photo."""

    def run(
        self,
        photos: Sequence[tuple[Path, JobPhoto]],
        place: PlaceGiven | None,  # noqa: ARG002
    ) -> Iterator[JobPhoto]:
        """Each photo as "ok", once its bytes were read."""
        for path, photo in photos:
            size = sum(len(chunk) for chunk in iter(path.open("rb").read, b""))
            assert size == photo.size_bytes
            yield photo.model_copy(update={"status": "ok"})


def serve(data: Path) -> None:
    """The server."""
    import uvicorn

    from api.app import create_app
    from api.settings import Settings

    settings = Settings(data_dir=data, rate_limit_factor=1000)
    app = create_app(settings, console=False, analysis=Reading())
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", backlog=1024)


def memory_mb(pid: int) -> float:
    """Resident memory now (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    return 0.0


async def upload(client: httpx.AsyncClient, body: bytes, n: int) -> tuple[int, float]:
    """Sends one photo; its status and the seconds it took."""
    photo = b"\xff\xd8\xff\xe0" + n.to_bytes(8, "big") + body
    began = time.perf_counter()
    try:
        answer = await client.post("/api/v1/photos", files={"photos": (f"{n}.jpg", photo)})
    except httpx.HTTPError as error:
        sys.stderr.write(f"upload {n}: {error!r}\n")
        return 0, time.perf_counter() - began
    return answer.status_code, time.perf_counter() - began


async def all_at_once(key: str, count: int, size: int) -> list[tuple[int, float]]:
    """All uploads, each on a connection of its own."""
    limits = httpx.Limits(max_connections=count, max_keepalive_connections=0)
    body = os.urandom(size - 12)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{PORT}",
        headers={"Authorization": f"Bearer {key}"},
        timeout=300,
        limits=limits,
    ) as client:
        return await asyncio.gather(*(upload(client, body, n) for n in range(count)))


def wait_until_up() -> None:
    """Until the server answers."""
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{PORT}/healthz", timeout=2)
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server didn't start")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--mb", type=float, default=5.0)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        store = open_store(None, data)
        key = create_role_key(store, "bench", "inspector")
        store.close()
        program = [sys.executable, "-m", "scripts.benchmarks.uploads", "--serve", str(data)]
        server = subprocess.Popen(program)
        try:
            wait_until_up()
            idle, seen, over = memory_mb(server.pid), [0.0], threading.Event()

            def watch() -> None:
                while not over.wait(0.05):
                    seen.append(memory_mb(server.pid))

            watcher = threading.Thread(target=watch)
            watcher.start()
            began = time.perf_counter()
            results = asyncio.run(all_at_once(key, asked.count, int(asked.mb * 1e6)))
            took = time.perf_counter() - began
            over.set()
            watcher.join()
        finally:
            server.kill()
            server.wait()
    times = sorted(seconds for _, seconds in results)
    failed = sum(status != 202 for status, _ in results)
    sys.stdout.write(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n"
        f"{asked.count} uploads of {asked.mb:g} MB at once: {failed} failed, {took:.1f} s in all, "
        f"{asked.count * asked.mb / took:.0f} MB/s\n"
        f"each: median {statistics.median(times):.1f} s, slowest {times[-1]:.1f} s\n"
        f"server's memory: {idle:.0f} MB idle, {max(seen):.0f} MB at most\n"
    )


if __name__ == "__main__":
    main()
