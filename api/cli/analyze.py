"""``tidycity analyze``: photos in, candidate issues out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.exits import Exit, tell
from api.cli.session import Session, session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.cli.run import Run


class Tiles(StrEnum):
    """Whether large photos are also looked at piece by piece."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


def analyze(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            help=t("Folders (with subfolders), photos, zip archives; videos with --track"),
        ),
    ],
    areas: Annotated[
        Path | None, typer.Option(help=t("GeoJSON of responsibility areas to import first"))
    ] = None,
    sidecar: Annotated[
        Path | None,
        typer.Option(help=t("CSV of places: file,lat,lon,datum,accuracy_m,taken_at")),
    ] = None,
    track: Annotated[
        Path | None,
        typer.Option(help=t("GPX or NMEA track of the way: places photos and videos by time")),
    ] = None,
    video_start: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"],
            help=t("When the video began, if it doesn't say so or is wrong"),
        ),
    ] = None,
    video_offset: Annotated[
        float, typer.Option(help=t("Seconds to add to the video's clock to get the track's"))
    ] = 0.0,
    every_m: Annotated[
        float, typer.Option(min=1, max=200, help=t("Metres of way between pictures of a video"))
    ] = 8.0,
    at: Annotated[
        str | None, typer.Option(metavar="LAT,LON", help=t("Place of photos that have none"))
    ] = None,
    datum: Annotated[
        str | None,
        typer.Option(help=t("Of --at and of sidecar rows without one: wgs84, gcj02 or bd09")),
    ] = None,
    point: Annotated[
        str | None, typer.Option(help=t("Named point of --points, instead of --at"))
    ] = None,
    points: Annotated[
        Path | None, typer.Option(help=t("CSV of named points: name,lat,lon,datum"))
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help=t("Name or folder of a model; given again, several look at each photo")),
    ] = None,
    engine: Annotated[str | None, typer.Option(help=t("openvino (default) or ultralytics"))] = None,
    second_look: Annotated[
        bool | None,
        typer.Option(
            "--second-look/--no-second-look",
            help=t("Judge each candidate once more by the model's second look [as its card says]"),
        ),
    ] = None,
    tiles: Annotated[
        Tiles,
        typer.Option(help=t("Look at large photos piece by piece too: auto, on or off")),
    ] = Tiles.AUTO,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help=t("Threads; default: one a core"))
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help=t("Write an HTML report here afterwards"))
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=t("One JSON line a photo, then one for the summary"))
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help=t("No progress and no summary"))] = False,
) -> None:
    """Looks at photos, records what was found, tells what it means."""
    session = session_of(context)
    from api.cli.placing import place_hints
    from api.cli.run import Look, Run
    from detect.sources.drive import DriveRules
    from issues.catalogue import load_catalogue

    named = "+".join(model) if model else None
    settings = session.settings(model=named, areas=areas, engine=engine, second_look=second_look)
    catalogue = load_catalogue(settings.catalogue)
    zone = catalogue.calendar.zone
    hints = place_hints(sidecar, track, at, point, points, datum, zone)
    if video_start is not None and video_start.tzinfo is None:
        video_start = video_start.replace(tzinfo=zone)
    drive = DriveRules(every_m, video_offset, video_start)
    look = Look(paths, hints, tiles.value, workers, drive)
    run = Run(session, settings, catalogue, look, as_json=as_json, quiet=quiet)
    with run:
        run.look()
        _finish(session, run, report)


def _finish(session: Session, run: Run, report: Path | None) -> None:
    """Tells the summary, writes the report, ends with the code that fits."""
    run.tell_summary()
    if report is not None:
        run.write_report(report, session.lang)
    if run.stopped:
        tell(t("stopped; run the same command again to go on where it stopped"))
        raise typer.Exit(Exit.INTERRUPTED)
    if run.tally.total == 0:
        tell(
            t("no photos found in {paths}", paths=", ".join(map(str, run.given.paths))),
            t("Give folders, zip archives or photos: JPEG, PNG, WebP, HEIC, GIF."),
            "no_photos",
        )
        raise typer.Exit(Exit.NOTHING_FOUND)
    if run.tally.unreadable:
        raise typer.Exit(Exit.SOME_UNREADABLE)
