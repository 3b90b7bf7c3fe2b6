"""GStreamer's RTSP server, run by the system's Python: PORT, and mounts as JSON."""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

FILE = (
    "( filesrc location={file} ! qtdemux ! h264parse "
    "! video/x-h264,alignment=au ! rtph264pay name=pay0 pt=96 )"
)
STALLED = "( appsrc is-live=true caps=video/x-h264,stream-format=byte-stream,alignment=au \
! h264parse ! rtph264pay name=pay0 pt=96 )"


def lock(factory, auth, user: str, password: str) -> None:
    """Only this user may see it; nobody is let in without a name then."""
    token = GstRtspServer.RTSPToken.new()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, user)
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    may = "media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
    factory.add_role_from_structure(Gst.Structure.new_from_string(f"{user}, {may}"))


def main(port: str, mounts: list[dict]) -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(port)
    auth = GstRtspServer.RTSPAuth.new()
    for mount in mounts:
        factory = GstRtspServer.RTSPMediaFactory.new()
        factory.set_launch(STALLED if mount["stalled"] else FILE.format(**mount))
        factory.set_shared(True)
        if mount["user"]:
            lock(factory, auth, mount["user"], mount["password"])
            server.set_auth(auth)
        server.get_mount_points().add_factory(mount["path"], factory)
    server.attach(None)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


main(sys.argv[1], json.loads(sys.argv[2]))
