"""The evaluation as one HTML file that needs nothing else: no script, no font, no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from api.evaluation.crops import crop_uri
from api.evaluation.plots import bars, curve, reliability
from api.i18n import Lang, t
from detect.model_folder import ModelCard
from detect.training.worst import Mistake

STYLE = """
:root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6877;--line:#d5dbe2;--mark:#1b6ca8;
--back:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9ef;--soft:#9aa7b5;--line:#37424e;--mark:#6db3e8;
--back:#161b21}}
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:var(--ink);
background:var(--back);max-width:1080px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .5rem}p,li{color:var(--soft)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}
td,th{padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);text-align:right;
white-space:nowrap;font-weight:400}th{color:var(--soft)}td:first-child,th:first-child{text-align:left}
td.right{font-weight:600}svg{max-width:100%;height:auto;fill:var(--mark)}svg text{fill:var(--soft);
font-size:12px}svg text.title{fill:var(--ink);font-size:13px}.faint{stroke:var(--line);fill:none}
.line{stroke:var(--mark);stroke-width:2;fill:none}.whisker{stroke:var(--ink);fill:none}
.frame{fill:none;stroke:var(--line)}.row{display:flex;flex-wrap:wrap;gap:.6rem}
figure{margin:0;width:200px}figure img{width:200px;height:200px;object-fit:contain;
background:#8882;border-radius:4px}figcaption{font-size:12px;color:var(--soft);line-height:1.35;
overflow-wrap:anywhere}
"""


@dataclass(frozen=True)
class Content:
    """What the page tells: the report on one split with its parts, and the worst mistakes."""

    card: ModelCard
    split: str
    report: Mapping[str, Any]
    parts: Mapping[str, Any]
    mistakes: Sequence[Mistake]


def page(content: Content, lang: Lang) -> str:
    """The page's text. Reads the pictures of the mistakes."""
    card, report = content.card, content.report
    labels = {row.name: row.names.get(lang) or row.name for row in card.classes}
    title = t("Model {model}: evaluation", lang, model=f"{card.id} {card.version}")
    lead = t(
        "{pictures} pictures of {scenes} scenes, split {split}; the engine that ships, longer side "
        "{px} px. Intervals are 95 %, drawn by whole scenes.",
        lang,
        pictures=report["pictures"],
        scenes=report["scenes"],
        split=content.split,
        px=card.input_px,
    )
    body = [
        f"<h1>{escape(title)}</h1><p>{escape(lead)}</p>",
        _accuracy(report, labels, lang),
        _clean(report["clean"], lang),
        _curves(content, labels, lang),
        _sizes(content.parts["by_size_px"], labels, lang),
        _parts(t("By light", lang), content.parts["by_light"], labels, _light_words(lang), lang),
        _parts(t("By source", lang), content.parts["by_source"], labels, {}, lang),
        _confusion(content.parts["confusion"], labels, lang),
        _mistakes(content.mistakes, labels, lang),
    ]
    code = "zh-CN" if lang == "zh" else "en"
    return (
        f'<!doctype html><html lang="{code}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><body>{''.join(body)}</body></html>\n"
    )


def _accuracy(report: Mapping[str, Any], labels: Mapping[str, str], lang: Lang) -> str:
    rows = [(labels[n], row["ap50"], row["ap50_interval"]) for n, row in report["classes"].items()]
    if mean := report.get("mean"):
        of = ", ".join(labels.get(name, name) for name in mean["of"])
        rows.append((t("mean", lang), mean["ap50"], mean["ap50_interval"]))
        note = f"<p>{escape(t('mean: of {names}', lang, names=of))}</p>"
    else:
        note = ""
    heads = ["class", "pictures", "boxes", "AP50", "AP50-95", "threshold", "precision", "recall"]
    heads += ["picture precision", "picture recall"]
    keys: tuple[str, ...] = ("pictures", "boxes", "ap50", "ap", "threshold", "precision", "recall")
    keys += ("image_precision", "image_recall")
    cells = [
        [labels[name], *(_number(row[key]) for key in keys)]
        for name, row in report["classes"].items()
    ]
    heading = t("Accuracy", lang)
    hint = t(
        "“Picture” asks only whether the picture shows the class, wherever the boxes lie.", lang
    )
    return (
        _heading(heading)
        + bars(rows, heading)
        + note
        + _table([_head_word(head, lang) for head in heads], cells)
        + f"<p>{escape(hint)}</p>"
    )


def _clean(clean: Mapping[str, Any], lang: Lang) -> str:
    heading = _heading(t("False candidates on clean pictures", lang))
    if not clean["pictures"]:
        return heading + f"<p>{escape(t('This split has no clean pictures.', lang))}</p>"
    low, high = clean["per_100_interval"] or (clean["candidates_per_100"],) * 2
    text = t(
        "{rate} on 100 pictures ({low} to {high}): {n} candidates on {pictures} pictures that "
        "show no problem.",
        lang,
        rate=clean["candidates_per_100"],
        low=f"{low:.1f}",
        high=f"{high:.1f}",
        n=clean["candidates"],
        pictures=clean["pictures"],
    )
    return heading + f"<p>{escape(text)}</p>"


def _curves(content: Content, labels: Mapping[str, str], lang: Lang) -> str:
    measured = content.report["classes"]
    drawn = []
    for name, points in content.parts["curves"].items():
        if name in measured:
            mark = (measured[name]["recall"], measured[name]["precision"])
            drawn.append(curve(points, mark, labels[name]))
    trusted = [
        reliability(row["bins"], f"{labels[name]} · {row['error']:.2f}")
        for name, row in content.parts["calibration"].items()
        if row["bins"] and name in measured
    ]
    hint = t(
        "Score (across) against the share that is right (up), and the mean distance from the "
        "diagonal (ECE). Below the diagonal the model is too sure of itself.",
        lang,
    )
    return (
        _heading(t("Precision over recall", lang))
        + f"<p>{escape(t('The dot is the working point.', lang))}</p>"
        + f'<div class="row">{"".join(drawn)}</div>'
        + _heading(t("Do the scores tell the truth?", lang))
        + f'<p>{escape(hint)}</p><div class="row">{"".join(trusted)}</div>'
    )


def _sizes(sizes: Mapping[str, Any], labels: Mapping[str, str], lang: Lang) -> str:
    bands: Sequence[Mapping[str, Any]] = next(iter(sizes.values()), [])
    heads = [t("class", lang), *(_band(band) for band in bands)]
    cells = [
        [labels[name], *(f"{_number(b['recall'])} ({b['boxes']})" for b in rows)]
        for name, rows in sizes.items()
    ]
    hint = t("Share of the labelled boxes found at the threshold (how many boxes).", lang)
    return (
        _heading(t("By size, in pixels of the network's input", lang))
        + f"<p>{escape(hint)}</p>"
        + _table(heads, cells)
    )


def _parts(
    heading: str,
    parts: Mapping[str, Any],
    labels: Mapping[str, str],
    words: Mapping[str, str],
    lang: Lang,
) -> str:
    heads = [_head_word(h, lang) for h in ("part", "pictures", "class", "boxes", "AP50")]
    heads += [_head_word(h, lang) for h in ("precision", "recall")]
    cells = [
        [
            words.get(part, part),
            str(row["pictures"]),
            labels[name],
            *(_number(figures[key]) for key in ("boxes", "ap50", "precision", "recall")),
        ]
        for part, row in parts.items()
        for name, figures in row["classes"].items()
    ]
    return _heading(heading) + _table(heads, cells)


def _confusion(table: Mapping[str, Any], labels: Mapping[str, str], lang: Lang) -> str:
    words = {**labels, "nothing": t("nothing labelled", lang), "missed": t("missed", lang)}
    columns = list(next(iter(table.values())))
    head = [t("labelled, and taken for:", lang), *(words[column] for column in columns)]
    cells = [[words[name], *(str(row[c]) for c in columns)] for name, row in table.items()]
    return _heading(t("What is taken for what", lang)) + _table(head, cells)


def _mistakes(mistakes: Sequence[Mistake], labels: Mapping[str, str], lang: Lang) -> str:
    parts = []
    for kind, heading in (
        ("false", t("Surest false alarms", lang)),
        ("missed", t("Largest things missed", lang)),
    ):
        rows = [_figure(m, labels, lang) for m in mistakes if m.kind == kind]
        parts.append(_heading(heading) + f'<div class="row">{"".join(rows)}</div>')
    return "".join(parts)


def _figure(mistake: Mistake, labels: Mapping[str, str], lang: Lang) -> str:
    if mistake.kind == "false" and mistake.instead is not None:
        what = t(
            "score {score}; overlaps {other}",
            lang,
            score=f"{mistake.score:.2f}",
            other=labels[mistake.instead],
        )
    elif mistake.kind == "false":
        what = t("score {score}; nothing labelled there", lang, score=f"{mistake.score:.2f}")
    else:
        what = t("best try: overlap {overlap}", lang, overlap=f"{mistake.overlap:.2f}")
    name = f"{labels[mistake.class_name]} · {what}"
    caption = f"{escape(name)}<br>{escape(mistake.path.name)}"
    image = f'<img src="{crop_uri(mistake)}" alt="{escape(name, quote=True)}" loading="lazy">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _band(band: Mapping[str, Any]) -> str:
    low, high = band["low_px"], band["high_px"]
    return f"≥ {low}" if high is None else f"{low}–{high}"


def _head_word(key: str, lang: Lang) -> str:
    words = {
        "class": t("class", lang),
        "part": t("part", lang),
        "pictures": t("pictures", lang),
        "boxes": t("boxes", lang),
        "threshold": t("threshold", lang),
        "precision": t("precision", lang),
        "recall": t("recall", lang),
        "picture precision": t("picture precision", lang),
        "picture recall": t("picture recall", lang),
    }
    return words.get(key, key)


def _light_words(lang: Lang) -> dict[str, str]:
    return {
        "dark": t("dark", lang),
        "dim": t("dim", lang),
        "day": t("ordinary light", lang),
        "bright": t("bright", lang),
        "blurred": t("blurred", lang),
    }
