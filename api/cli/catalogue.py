"""``tidycity catalogue``: the table of categories and the calendar, shown, checked, begun."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.exits import Exit
from api.cli.session import Session, session_of
from api.i18n import t

if TYPE_CHECKING:
    from issues.catalogue import Catalogue
    from issues.category import Category

app = typer.Typer(no_args_is_help=True)

TEMPLATE = """\
# The office's own table: only what differs from the one that ships (tidycity catalogue show).
# Name it in TIDYCITY_CATALOGUE; check it with: tidycity catalogue check FILE
# 本单位的类别表：只写与自带表不同之处；写好后用 tidycity catalogue check 检查。
extends: shipped

# calendar:
#   week:                     # 工作时间；午休写成两段
#     mon: ["08:30-12:00", "14:00-17:30"]
#   seasons:                  # 夏季作息
#     - {first: "06-01", last: "09-30", week: {mon: ["08:00-12:00", "15:00-18:00"]}}
#   years:                    # 国务院公布新一年放假安排后补上
#     2027: {source: 通知文号, holidays: [2027-01-01..2027-01-03], workdays: []}
#   lists: [holidays-2027.json]

# groups:
#   dust: {zh: 扬尘, en: dust}

# categories:
#   litter.pile:                              # 改一项，其余照旧
#     radius_m: 15
#     deadline_h: {minor: 2d, normal: 1d, major: 4h}
#   hanging.laundry: {enabled: false}         # 停用
#   dust.site:                                # 新增
#     {group: dust, zh: 工地扬尘, en: dust from a building site, clause: 工地无扬尘}
"""


def _table(session: Session, path: Path | None) -> Catalogue:
    from issues.catalogue import load_catalogue

    return load_catalogue(path or session.settings().catalogue)


@app.command(name="show", help=t("List the categories in force, or all of one."))
def show(
    context: typer.Context,
    code: Annotated[str | None, typer.Argument(help=t("Category"))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("As JSON lines"))] = False,
) -> None:
    """Lists the table that the settings name, with the office's changes in it."""
    session = session_of(context)
    catalogue = _table(session, None)
    chosen = [catalogue.category(code)] if code else list(catalogue.categories.values())
    for entry in chosen:
        if as_json:
            typer.echo(entry.model_dump_json())
        elif code:
            for name, value in entry.model_dump(mode="json").items():
                typer.echo(f"{name:14} {_plain(value)}")
        else:
            typer.echo(_line(catalogue, entry, session))


def _line(catalogue: Catalogue, entry: Category, session: Session) -> str:
    name = catalogue.label(entry.code, session.lang)
    limits = entry.deadline_h
    off = "" if entry.enabled else "  " + t("switched off")
    return (
        f"{entry.code:22} {entry.event_code or '-':5} {entry.radius_m:4g} m  "
        f"{limits.minor!s:>4} {limits.normal!s:>4} {limits.major!s:>4}  {name}{off}"
    )


def _plain(value: object) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@app.command(name="check", help=t("Read a table; tell mistakes by line, and what looks odd."))
def check(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=t("The office's own table"))],
) -> None:
    """Ends with code 1 when the table can't be used."""
    from issues.catalogue import oddities

    catalogue = _table(session_of(context), path)
    for what in oddities(catalogue):
        typer.echo(t("odd: {what}", what=what), err=True)
    n, off = len(catalogue.enabled), len(catalogue.categories) - len(catalogue.enabled)
    typer.echo(t("{path}: {n} categories, {off} switched off", path=path, n=n, off=off))


@app.command(name="template", help=t("Write a table to start from: only what differs."))
def template(
    path: Annotated[Path, typer.Argument(help=t("File to write; it must not be there yet"))],
) -> None:
    """Writes the template; never over a file that is there."""
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(TEMPLATE)
    except FileExistsError:
        typer.echo(t("{path} is there already; name another file", path=path), err=True)
        raise typer.Exit(Exit.USAGE) from None
    typer.echo(t("{path} written; name it in TIDYCITY_CATALOGUE", path=path))


@app.command(name="calendar", help=t("Working hours, holidays and made-up working days of a year."))
def calendar(
    context: typer.Context,
    year: Annotated[int | None, typer.Argument(help=t("Year [this one]"))] = None,
) -> None:
    """Shows what deadlines count by in a year, and where it comes from."""
    from issues.clock import SystemClock

    office = _table(session_of(context), None).calendar
    asked = year or SystemClock().now().astimezone(office.zone).year
    listed = office.lists.get(asked)
    typer.echo(t("{year}, {zone}", year=asked, zone=office.timezone))
    for day, spans in office.week.items():
        hours = ", ".join(f"{s.start:%H:%M}-{_clock(s.end_minute)}" for s in spans)
        typer.echo(f"  {day}  {hours}")
    if listed is None:
        typer.echo(t("no list of holidays for {year}: only weekdays count", year=asked), err=True)
        return
    typer.echo(t("source: {source}", source=listed.source or "-"))
    typer.echo(t("days off: {days}", days=_days(listed.holidays)))
    typer.echo(t("made-up working days: {days}", days=_days(listed.workdays)))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _days(days: frozenset[date]) -> str:
    return " ".join(f"{day:%m-%d}" for day in sorted(days)) or "-"
