"""One run of ``tidycity analyze``: everything it needs, opened once and closed well."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from api.cli.interrupt import listening
from api.cli.jsonlines import photo_line, summary_line
from api.cli.progress import progress
from api.cli.tally import Tally
from api.i18n import t
from detect.errors import BadInput, UnreadablePhoto

if TYPE_CHECKING:
    from api.cli.session import Session
    from api.i18n import Lang
    from api.settings import Settings
    from detect.hints import PlaceHints
    from detect.sources import PhotoSource
    from detect.sources.drive import DriveRules
    from issues.catalogue import Catalogue
    from issues.intake import Intake


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at, and how."""

    paths: list[Path]
    hints: PlaceHints
    tiles: Literal["auto", "on", "off"] = "auto"
    workers: int | None = None
    drive: DriveRules | None = None


class Run:
    """Looks at photos and records them. Use as a context manager."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        catalogue: Catalogue,
        given: Look,
        *,
        as_json: bool,
        quiet: bool,
    ) -> None:
        self.session, self.settings = session, settings
        self.catalogue, self.given = catalogue, given
        self.as_json, self.quiet = as_json, quiet
        self.tally = Tally()
        self.stopped = False
        self._open = ExitStack()

    def __enter__(self) -> Self:
        from detect.engines import open_engine

        self.store = self.session.store(self.settings)
        self._open.callback(self.store.close)
        if self.settings.areas is not None:
            from api.cli.areas import import_file

            import_file(self.store, self.settings.areas, self.catalogue, quiet=self.quiet)
        self.engine = open_engine(
            self.settings.model,
            engine=self.settings.engine,
            threads=self.given.workers,
            second_look=self.settings.second_look,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def look(self) -> None:
        """Analyses and records every photo that no earlier run has; stops after one when asked."""
        from detect.batch import analyze_photos
        from issues.exports.pictures import Pictures
        from issues.intake import Intake

        shelf = Pictures(
            self.store.evidence,
            blur=self.settings.blur_faces,
            cache=self.settings.data_dir / "cache" / "pictures",
        )
        intake = Intake(self.store, self.catalogue, self.engine.model, shelf=shelf)
        todo = list(self._new(self._found(), intake))
        with (
            listening() as stop,
            progress(len(todo), quiet=self.quiet) as bar,
            intake.batch(label=", ".join(map(str, self.given.paths))),
        ):
            results = analyze_photos(
                todo,
                self.engine,
                hints=self.given.hints,
                tiles=self.given.tiles,
                workers=self.given.workers,
                keep_bytes=True,
                now=datetime.now(UTC),
            )
            for result in results:
                recorded = intake.record(result)
                self.tally.add(result, recorded)
                if self.as_json:
                    sys.stdout.write(json.dumps(photo_line(result, recorded)) + "\n")
                    sys.stdout.flush()
                bar.step(result.source)
                if stop.asked:
                    self.stopped = True
                    results.close()
                    break

    def _found(self) -> list[PhotoSource]:
        """The photos, and the pictures of drives: along the track, or the video's own."""
        from detect.sources import find_photos
        from detect.sources.drive import DriveRules, find_drive, is_video

        videos = [path for path in self.given.paths if is_video(path)]
        photos = [path for path in self.given.paths if not is_video(path)]
        rules = self.given.drive or DriveRules()
        found = list(find_photos(photos)) if photos or not videos else []
        for video in videos:
            track = self.given.hints.track
            found += find_drive(video, track, rules) if track else _own_way(video, rules)
        return found

    def _new(self, found: list[PhotoSource], intake: Intake) -> Iterator[PhotoSource]:
        for source in found:
            if intake.already(source):
                self.tally.skipped += 1
            else:
                yield source

    def tell_summary(self) -> None:
        """The summary: a JSON line, or tables for people."""
        if self.as_json:
            sys.stdout.write(json.dumps(summary_line(self.tally, stopped=self.stopped)) + "\n")
        elif not self.quiet:
            from api.cli.summary import print_summary

            print_summary(self.tally, self.store, self.catalogue, self.session.lang)

    def write_report(self, path: Path, lang: Lang) -> None:
        """The HTML report of the whole store."""
        from api.exporting import write_export

        blur, cache = self.settings.blur_faces, self.settings.data_dir / "cache" / "pictures"
        write_export("html", self.store, self.catalogue, path, lang, blur=blur, cache=cache)


def _own_way(video: Path, rules: DriveRules) -> Iterator[PhotoSource]:
    """The pictures of a video that says itself where it was. Raises BadInput for one that doesn't.

    Its receiver's clock says when it began, unless that was given.
    """
    from api.cli.cameras import need_pyav
    from detect.sources.drive import find_drive

    need_pyav()
    if not video.is_file():
        raise BadInput(
            t("There is no file at {path}", path=video),
            code="no_such_path",
            mend=t("Check the spelling."),
        )
    from detect.stream.own_track import read_own_track

    try:
        own = read_own_track(video)
    except UnreadablePhoto:
        own = None
    if own is None:
        raise BadInput(
            t("{path} needs the track of its way", path=video),
            code="no_track",
            mend=t("It holds no GPS itself. Give a GPX or NMEA log with --track."),
        )
    began_at = rules.began_at or own.began_at
    return find_drive(video, own.track, replace(rules, began_at=began_at))
