import logging
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.cameras.camera import make_camera, read_cameras
from issues.cameras.secrets import credentials_of, read_secrets
from issues.cameras.zone import WHOLE, Zone, zones_of
from issues.errors import CameraError

LIST = """
cameras:
  - id: north-gate
    name: {zh: 北门, en: North gate}
    url: rtsp://10.0.0.7/Streaming/Channels/101
    credentials: north
    active: ["06:00-22:00"]
    at: {lat: 30.2741, lon: 120.1551, datum: wgs84}
    categories: [litter.pile]
    zones:
      - {name: kerb, kind: pavement, corners: [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
  - {id: south, url: "http://10.0.0.8/now.jpg"}
"""


def test_a_list_of_cameras_is_read(tmp_path):
    (tmp_path / "cameras.yaml").write_text(LIST, "utf-8")
    north, south = read_cameras(tmp_path / "cameras.yaml")
    assert north.name.zh == "北门"
    assert north.at.location().origin == "camera"
    assert [zone.name for zone in north.drawn_zones()] == ["kerb"]
    assert north.looks_for("litter.pile")
    assert not north.looks_for("bin.overflow")
    assert [zone.name for zone in south.drawn_zones()] == [WHOLE]
    assert south.looks_for("anything")
    assert south.address().kind == "snapshot"


def test_active_hours_go_by_the_offices_clock():
    camera = make_camera({"id": "a", "url": "rtsp://h/x", "active": ["06:00-22:00"]})
    shanghai = ZoneInfo("Asia/Shanghai")
    assert camera.is_active(datetime(2026, 11, 2, 0, 0, tzinfo=UTC), shanghai)
    assert not camera.is_active(datetime(2026, 11, 2, 14, 0, tzinfo=UTC), shanghai)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"id": "a", "url": "rtsp://u:p4ssw0rd@h/x"}, "secrets file"),
        ({"id": "a b", "url": "rtsp://h/x"}, "id"),
        ({"id": "a", "url": "ftp://h/x"}, "ftp"),
        ({"id": "a", "url": "rtsp://h/x", "every_s": 0}, "every_s"),
        ({"id": "a", "url": "rtsp://h/x", "at": {"lat": 30, "lon": 120}}, "datum"),
        ({"id": "a", "url": "rtsp://h/x", "speed": 1}, "speed"),
        (
            {
                "id": "a",
                "url": "rtsp://h/x",
                "zones": [{"name": "z", "corners": [[0, 0], [1, 1], [1, 0], [0, 1]]}],
            },
            "crosses itself",
        ),
        (
            {"id": "a", "url": "rtsp://h/x", "zones": [{"name": "z", "corners": [[0, 0], [2, 0]]}]},
            "corners",
        ),
        ("north", "dictionary"),
    ],
)
def test_mistakes_name_the_camera_and_the_field(row, says):
    with pytest.raises(CameraError, match=says) as caught:
        make_camera(row)
    assert caught.value.mend
    assert "p4ssw0rd" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cameras: {}", "no list"),
        ("cameras: [", "no YAML"),
        ("- 1", "no list"),
        (LIST + '  - {id: south, url: "rtsp://h/x"}\n', "two cameras south"),
    ],
)
def test_files_that_are_no_list_are_told(tmp_path, text, says):
    (tmp_path / "cameras.yaml").write_text(text, "utf-8")
    with pytest.raises(CameraError, match=says):
        read_cameras(tmp_path / "cameras.yaml")
    with pytest.raises(CameraError, match="can't be read"):
        read_cameras(tmp_path / "none.yaml")


def test_secrets_are_read_and_never_quoted(tmp_path, caplog):
    file = tmp_path / "secrets.yaml"
    file.write_text("north: {user: guard, password: hunter2}\n", "utf-8")
    file.chmod(0o600)
    secrets = read_secrets(file)
    assert credentials_of("north", secrets).password == "hunter2"
    assert "hunter2" not in repr(secrets)
    assert credentials_of(None, secrets) is None
    with pytest.raises(CameraError, match="no credentials"):
        credentials_of("south", secrets)
    file.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        read_secrets(file)
    assert "chmod 600" in caplog.text
    for text in ("north: hunter2", "north: {user: [hunter2", "north: {pass: hunter2}"):
        file.write_text(text, "utf-8")
        with pytest.raises(CameraError) as caught:
            read_secrets(file)
        assert "hunter2" not in str(caught.value)
    assert read_secrets(None) == {}


share = st.floats(0, 1)


@given(share, share, share, share)
def test_a_finding_is_where_it_stands(x1, y1, x2, y2):
    box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    left = Zone("left", ((0, 0), (0.5, 0), (0.5, 1), (0, 1)), categories=frozenset({"a.b"}))
    right = Zone("right", ((0.5, 0), (1, 0), (1, 1), (0.5, 1)))
    found = {zone.name for zone in zones_of(box, "a.b", (left, right))}
    middle = (box[0] + box[2]) / 2
    assert ("left" in found) is (middle <= 0.5)
    assert ("right" in found) is (middle >= 0.5)
    assert "left" not in {zone.name for zone in zones_of(box, "c.d", (left, right))}
