import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.errors import BadInput
from detect.stream.address import FeedAddress


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("rtsp://10.0.0.7/ch1", "rtsp"),
        ("rtsps://10.0.0.7/ch1", "rtsp"),
        ("http://10.0.0.7/live/index.m3u8", "hls"),
        ("http://10.0.0.7/video.mjpg", "mjpeg"),
        ("http://10.0.0.7/cgi-bin/snapshot.cgi?channel=1", "snapshot"),
        ("https://10.0.0.7/now.JPG", "snapshot"),
        ("/dev/video0", "device"),
        ("clips/kerb.mp4", "file"),
    ],
)
def test_the_kind_is_told_by_the_address(text, kind):
    assert FeedAddress.parse(text).kind == kind


def test_a_kind_that_is_given_wins():
    assert FeedAddress.parse("http://10.0.0.7/x", kind="snapshot").kind == "snapshot"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_address"),
        ("ftp://10.0.0.7/x", "unknown_scheme"),
        ("rtsp:///x", "bad_address"),
        ("rtsp://host:99999/x", "bad_address"),
    ],
)
def test_what_is_no_address_is_told(text, code):
    with pytest.raises(BadInput) as caught:
        FeedAddress.parse(text)
    assert caught.value.code == code
    assert caught.value.mend


def test_an_unknown_kind_is_told():
    with pytest.raises(BadInput, match="no kind of feed"):
        FeedAddress.parse("rtsp://h/x", kind="carrier-pigeon")


secret = st.text(st.characters(min_codepoint=33, max_codepoint=0x9FA5), min_size=6).filter(
    lambda text: text not in "rtsp://guard:***@10.0.0.7:554/ch1?x=1 FeedAddress kind url user"
)


@given(secret)
def test_no_password_is_ever_shown(password):
    address = FeedAddress.parse("rtsp://10.0.0.7:554/ch1?x=1", user="guard", password=password)
    opened = address.secret_url()
    assert password not in str(address)
    assert password not in repr(address)
    assert FeedAddress.parse(opened) == address
    message = f"failed to open {opened}: {password}"
    assert password not in address.redacted(message)


def test_a_token_in_the_query_is_not_shown():
    address = FeedAddress.parse("http://10.0.0.7/snapshot.jpg?token=abc123&ch=1")
    assert str(address) == "http://10.0.0.7/snapshot.jpg?token=***&ch=1"
    assert "abc123" in address.secret_url()


def test_credentials_beside_the_url_win():
    address = FeedAddress.parse("rtsp://a:b@h/x", user="c", password="d")
    assert address.secret_url() == "rtsp://c:d@h/x"
    assert address.with_secret(None, None).secret_url() == "rtsp://h/x"
