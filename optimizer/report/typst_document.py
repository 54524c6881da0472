"""A report as PDF, set by Typst: the same sections, the charts as vector pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from optimizer.errors import UsageError
from optimizer.labels import Language, Text
from optimizer.report.blocks import (
    Block,
    Cards,
    ChartBlock,
    Paragraph,
    PictureBlock,
    TableBlock,
    TableRow,
    plain,
)
from optimizer.report.document import Document
from optimizer.report.html_page import WORDS
from optimizer.report.page_font import FAMILY
from optimizer.tables.pack import font_file

CHART_WIDTH: Final = 740
LONGEST_TABLE: Final = 60
"""Rows of a table on paper; longer ones are in the page and in the run folder."""

UNBROKEN_ROWS: Final = 24
"""Tables up to this length stand on one page."""

SHORTEST_CELL, LONGEST_CELL = 6.0, 48.0
"""Bounds of the width of a column in letters."""

TEMPLATE: Final = Path(__file__).parent / "templates" / "report.typ"
_SPECIAL: Final = re.compile(r"([\\#$*_`<>@\[\]~=\-+/\"'])")
TOO_LONG: Final = Text(
    "Only the first rows; the whole table stands in the page and in the run folder.",
    "仅列出前若干行；完整表格见网页报告与运行结果文件夹。",
)


def pdf_bytes(document: Document, language: Language) -> bytes:
    """Return the report as PDF.

    Parameters
    ----------
    document
        The report.
    language
        Its language.

    Raises
    ------
    UsageError
        If Typst is not installed.
    """
    try:
        import typst  # noqa: PLC0415 - an optional library
    except ImportError as error:
        raise UsageError(
            Text(
                "PDF needs typst; install it with: pip install 'eastwest[pdf]'",
                "生成 PDF 需要 typst；请执行：pip install 'eastwest[pdf]'",
            )
        ) from error
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "report.typ"
        source.write_text(typst_source(document, language, folder), encoding="utf-8")
        made: object = typst.compile(
            str(source),
            font_paths=[str(font_file().parent)],
            ignore_system_fonts=True,
        )
    assert isinstance(made, bytes)
    return made


def typst_source(document: Document, language: Language, folder: Path) -> str:
    """Return the report in the language of Typst.

    Parameters
    ----------
    document
        The report.
    language
        Its language.
    folder
        Where its pictures go.
    """
    head = TEMPLATE.read_text(encoding="utf-8")
    parts = [
        head,
        (
            "#show: report.with("
            f"title: [{escaped(plain(document.title, language))}], "
            f"subtitle: [{escaped(plain(document.subtitle, language))}], "
            f'language: "{language}", family: "{FAMILY}", '
            f"made-by: [{escaped(WORDS['made_by'].render(language))}])"
        ),
    ]
    for section in document.sections:
        blocks = [_block(block, language, folder) for block in section.blocks]
        if any(blocks):
            parts += [f"= {escaped(section.title.render(language))}", *blocks]
    return "\n\n".join(part for part in parts if part)


def escaped(text: str) -> str:
    r"""Return a text that Typst sets as it stands.

    Examples
    --------
    >>> escaped("a #b [c]")
    'a \\#b \\[c\\]'
    """
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))


def _block(block: Block, language: Language, folder: Path) -> str:
    if isinstance(block, Paragraph):
        joint = " " if language == "en" else ""
        text = joint.join(escaped(plain(part, language)) for part in block.sentences)
        return f"#{block.tone}-text[{text}]"
    if isinstance(block, Cards):
        cards = "".join(
            f"card([{escaped(card.title.render(language))}], "
            f"[{escaped(plain(card.value, language))}], "
            f"[{escaped(card.unit.render(language))}], "
            f"[{escaped(plain(card.baseline, language))}]),"
            for card in block.cards
        )
        return f"#cards({cards})"
    if isinstance(block, TableBlock):
        return _table(block, language)
    if isinstance(block, PictureBlock):
        (folder / f"{block.name}.png").write_bytes(block.content[language])
        return f'#align(center, image("{block.name}.png", width: 84%))'
    if isinstance(block, ChartBlock):
        drawing = chart_svg(block.specification(language))
        (folder / f"{block.name}.svg").write_text(drawing, encoding="utf-8")
        return f'#chart([{escaped(block.title.render(language))}], "{block.name}.svg")'
    return ""  # the interactive map is for screens


def _table(block: TableBlock, language: Language) -> str:
    rows = block.rows[:LONGEST_TABLE]
    aligned = ", ".join(
        "left" if place == 0 or place in block.wordy else "right"
        for place in range(len(block.columns))
    )
    widths = ", ".join(_share(block, place, language) for place in range(len(block.columns)))
    heads = "".join(f"[*{escaped(column.render(language))}*]," for column in block.columns)
    body = "\n".join(_row(row, language) for row in rows)
    note = plain(block.note, language) if block.note is not None else ""
    if len(block.rows) > len(rows):
        note = f"{note} {TOO_LONG.render(language)}".strip()
    below = f"\n\n#note-text[{escaped(note)}]" if note else ""
    return (
        f"#data-table([{escaped(block.title.render(language))}], ({widths}), ({aligned}), "
        f"({heads}), breakable: {str(len(rows) > UNBROKEN_ROWS).lower()},\n{body}\n){below}"
    )


def _share(block: TableBlock, place: int, language: Language) -> str:
    """Return the part of the width that a column gets: by its longest cell, within bounds."""
    cells = max((_width(plain(row.cells[place], language)) for row in block.rows), default=1)
    head = _width(block.columns[place].render(language))
    return f"{min(LONGEST_CELL, max(SHORTEST_CELL, cells, 0.7 * head)) + 2.0:.1f}fr"


def _width(text: str) -> float:
    """Return how many letters wide a text is; a Chinese character counts for two."""
    return sum(2.0 if ord(character) > 0x2E7F else 1.0 for character in text)


def _row(row: TableRow, language: Language) -> str:
    star = "*" if row.is_total else ""
    cells = (escaped(plain(cell, language)) for cell in row.cells)
    return "".join(f"[{star}{cell}{star}]," if cell else "[]," for cell in cells)


def chart_svg(specification: Mapping[str, Any]) -> str:
    """Return a chart as SVG for paper.

    Parameters
    ----------
    specification
        Vega-Lite specification that fills its container on a screen.
    """
    import vl_convert  # noqa: PLC0415 - takes a while

    vl_convert.register_font_directory(str(font_file().parent))
    drawn = {**specification, "width": CHART_WIDTH}
    return str(vl_convert.vegalite_to_svg(drawn, allowed_base_urls=[]))
