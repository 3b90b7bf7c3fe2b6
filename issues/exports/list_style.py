"""The looks of a spreadsheet: fonts, borders and colours of each kind of cell."""

from __future__ import annotations

from typing import Any

from issues.exports.words import Lang

A4 = 9


def formats(book: Any, lang: Lang) -> dict[str, Any]:
    """The cell formats by kind of column, and those of the top rows."""
    font = "Microsoft YaHei" if lang == "zh" else "Calibri"
    plain = {"font_name": font, "font_size": 9, "valign": "vcenter"}
    cell = plain | {"border": 1, "border_color": "#C9D1D9", "text_wrap": True}
    middle = cell | {"align": "center"}
    fill = {"bg_color": "#FFF9DB", "locked": False}
    made = {
        "title": plain | {"font_size": 18, "bold": True, "align": "center"},
        "subtitle": plain | {"font_color": "#57606A", "align": "center"},
        "header": middle | {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F6F54"},
        "header_fill": middle | {"bold": True, "font_color": "#FFFFFF", "bg_color": "#B7791F"},
        "serial": middle | {"num_format": "0"},
        "text": cell | {"num_format": "@"},
        "wrapped": cell,
        "number": middle | {"num_format": "0"},
        "decimal": middle | {"num_format": "0.00"},
        "degrees": middle | {"num_format": "0.000000"},
        "moment": middle | {"num_format": "yyyy-mm-dd hh:mm"},
        "before": middle | {"font_color": "#8C959F"},
        "after": middle | {"font_color": "#8C959F"},
        "fill": cell | fill,
        "day": middle | fill | {"num_format": "yyyy-mm-dd"},
        "link": cell | {"font_color": "#0969DA", "underline": 1},
        "plain_link": plain | {"font_color": "#0969DA", "underline": 1},
        "total": middle | {"bold": True, "bg_color": "#EAF2EE", "num_format": "0"},
        "how": plain | {"text_wrap": True, "font_color": "#57606A", "valign": "top"},
    }
    return {name: book.add_format(look) for name, look in made.items()}


def print_on_a4(sheet: Any, *, header_row: int, rows: int, columns: int, page: str) -> None:
    """A4 landscape, one page wide, the heading rows on every page, page numbers below."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, header_row)
    sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.5)
    sheet.center_horizontally()
    sheet.print_area(0, 0, header_row + max(rows, 1), columns - 1)
    sheet.set_footer(f"&L&8&A&R&8{page}")
    sheet.hide_gridlines(2)
