"""Sample points from a file: CSV or YAML, coordinates in a named datum, mistakes told by line."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field, ValidationError

from detect.datum import Datum, to_wgs84
from issues.scoring.sample_points import SamplePoint
from issues.scoring.table_file import MISTAKES_TOLD, Table, TableError, read_table

_MEND = (
    "Columns: code, kind, name_zh, name_en, lat, lon, datum (wgs84, gcj02, bd09), radius_m, note."
)


class FilePoint(SamplePoint):
    """A point as a file gives it: with the datum of its coordinates."""

    datum: Datum

    def placed(self) -> SamplePoint:
        """The point in WGS-84."""
        lat, lon = to_wgs84(self.lat, self.lon, self.datum)
        values = self.model_dump(exclude={"datum"})
        return SamplePoint(**(values | {"lat": round(lat, 7), "lon": round(lon, 7)}))


class PointList(Table):
    """A YAML file of sample points."""

    points: Annotated[tuple[FilePoint, ...], Field(min_length=1)]


def read_sample_points(path: Path) -> list[SamplePoint]:
    """The points of a CSV or YAML file. Raises TableError, which names the lines."""
    if path.suffix.lower() in (".yaml", ".yml"):
        return [point.placed() for point in read_table(PointList, path, "checklist.yaml").points]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path} can't be read: {error}", mend=_MEND) from error
    made, said = [], []
    for line, row in rows:
        try:
            made.append(FilePoint.model_validate(_given(row)).placed())
        except ValidationError as error:
            said += [
                f"{path.name}, line {line}: {'.'.join(map(str, p['loc'])) or 'the row'}: {p['msg']}"
                for p in error.errors()
            ]
    if said or not made:
        text = "\n".join(said[:MISTAKES_TOLD]) or f"{path.name} holds no sample points"
        raise TableError(text, mend=_MEND)
    return made


def _given(row: dict[str | Any, Any]) -> dict[str, Any]:
    """The filled cells of a row; the datum as it is written by us."""
    given = {str(key): value.strip() for key, value in row.items() if value and str(value).strip()}
    datum = given.get("datum", "").lower().replace("-", "")
    return given | ({"datum": datum} if datum in get_args(Datum) else {})
