"""Files to run it with: read as their programs read them, since none of those need be here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICE_KEYS = {
    *("build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image"),
    *("ports", "profiles", "read_only", "restart", "security_opt", "stop_grace_period", "tmpfs"),
    "volumes",
}
HEALTH_KEYS = {"test", "interval", "timeout", "retries", "start_period", "disable"}
VERBS = {"serve", "watch", "feed run", "backup"}


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def test_compose_says_only_what_compose_knows(compose):
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    for name, service in compose["services"].items():
        assert set(service) <= SERVICE_KEYS, name
        assert "image" in service, name
        assert set(service.get("healthcheck", {})) <= HEALTH_KEYS, name
        assert set(service.get("depends_on", {})) <= set(compose["services"]), name
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in compose["volumes"], name
        for port in service.get("ports", ()):
            assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), "open to this machine only"
        for key, value in service.get("environment", {}).items():
            assert isinstance(value, str), f"{name}: {key}"


def test_compose_has_what_was_asked_for(compose):
    services = compose["services"]
    assert set(services) == {"api", "watch", "postgres", "minio"}
    assert services["minio"]["profiles"] == ["minio"]
    assert "profiles" not in services["api"]
    assert services["api"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("api", "watch"):
        build = services[name]["build"]
        assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
        assert services[name]["cap_drop"] == ["ALL"]
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert not re.search(r"PASSWORD: (?!\$\{)\S", text), "no password is written down"


def test_settings_that_are_named_exist(compose):
    from api.settings import PREFIX, READ_ELSEWHERE, Settings

    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {PREFIX + name for name in READ_ELSEWHERE}
    for path in [DEPLOY / "Dockerfile", DEPLOY / "compose.yaml", *UNITS]:
        named = set(re.findall(r"\bTIDYCITY_[A-Z0-9_]+", path.read_text("utf-8")))
        assert named <= known, path.name


def instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines()]  # type: ignore[misc]


def test_the_image_is_no_roots_and_tells_its_health():
    found = instructions()
    final = found[max(n for n, (word, _) in enumerate(found) if word == "FROM") :]
    words = [word for word, _ in final]
    users = [rest for word, rest in final if word == "USER"]
    assert users, "runs as somebody"
    assert users[-1] not in {"root", "0"}
    assert "HEALTHCHECK" in words
    assert "VOLUME" in words
    assert "ADD" not in words
    for word, rest in final:
        if word in {"ENTRYPOINT", "CMD"}:
            assert isinstance(json.loads(rest), list), "exec form: signals reach the program"
        if word == "RUN" and "apt-get install" in rest:
            assert "--no-install-recommends" in rest
            assert "rm -rf /var/lib/apt/lists" in rest
    assert all(":" in rest.split()[0] for word, rest in found if word == "FROM"), "pinned"
    check = dict(final)["HEALTHCHECK"]
    assert "/readyz" in check


def test_what_is_copied_into_the_image_is_sent_to_the_builder():
    let_in = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    copied = [
        rest.split()[:-1]
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
    ]
    names = {name for sources in copied for name in sources}
    assert names == let_in
    assert all((ROOT / name).exists() for name in names)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_what_systemd_understands(unit, tmp_path):
    text = unit.read_text("utf-8")
    if unit.suffix == ".service":
        (start,) = re.findall(r"^ExecStart=.*?/opt/tidycity/bin/tidycity (.+)$", text, re.M)
        assert any(start.startswith(verb) for verb in VERBS)
        assert "User=tidycity" in text
        assert "UMask=0077" in text
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze isn't installed")
    for one in UNITS:
        here = one.read_text("utf-8").replace("/opt/tidycity/bin/tidycity", "/bin/true")
        (tmp_path / one.name).write_text(here)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert unit.name not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
