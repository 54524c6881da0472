"""Maps as pictures: PNG, SVG and PDF files, and small PNGs for a page.

The same content gives the same bytes: nothing in a file tells when it was drawn.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal
from PIL import Image

from optimizer.labels import Language
from optimizer.report.basemap import Basemap
from optimizer.report.fonts import plan_font
from optimizer.report.map_content import MapContent
from optimizer.report.maps import plan_figure

UNDATED: Final[dict[str, dict[str, None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""Formats of the map, and what would differ from one run to the next, left out."""


def draw_plan_map(  # noqa: PLR0917 - the order of a sentence: what, on what, how, where
    content: MapContent,
    basemap: Basemap,
    font: Path,
    destination: Path,
    language: Language,
    dpi: int = 130,
) -> None:
    """Write the map of a plan as a file; its suffix says in which format.

    Parameters
    ----------
    content
        What to show.
    basemap
        Boundaries from :func:`optimizer.report.basemap.load_basemap`.
    font
        Font file that covers Chinese, ``data/basemap/NotoSansSC-subset.otf``.
    destination
        File to write, ``.png``, ``.svg`` or ``.pdf``; 1430 x 1083 pixels at 130 dpi. Text of SVG
        and PDF is drawn as outlines, so that no font is needed to read it.
    language
        Language of all text.
    dpi
        Pixels an inch of a PNG file; the figure is 11 x 8.33 inches.

    Examples
    --------
    >>> draw_plan_map(content, basemap, font, Path("map.svg"), "zh")  # doctest: +SKIP
    """
    figure = plan_figure(content, basemap, font, language, dpi)
    kind = destination.suffix.removeprefix(".")
    # matplotlib would write its version and the date; nothing in the file may differ between runs
    with (
        plan_font(font),
        mpl.rc_context({"svg.hashsalt": "eastwest", "svg.fonttype": "path"}),
    ):
        if kind == "pdf":
            _as_outlines(figure)
        figure.savefig(destination, dpi=dpi, format=kind, metadata=UNDATED[kind])


def map_png(content: MapContent, basemap: Basemap, font: Path, language: Language) -> bytes:
    """Return a map as the bytes of a PNG for a page, of few colours.

    Parameters
    ----------
    content, basemap, font, language
        As for :func:`draw_plan_map`.
    """
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "map.png"
        draw_plan_map(content, basemap, font, drawn, language)
        return fewer_colours(drawn.read_bytes())


def fewer_colours(png: bytes) -> bytes:
    """Return a picture with 256 colours, a third as large and the same to the eye."""
    stream = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _as_outlines(figure: Figure) -> None:
    """Have every text drawn as outlines; a PDF cannot hold a part of the Chinese font."""
    for axes in figure.axes:
        for text in axes.texts:
            if not text.get_path_effects():
                text.set_path_effects([Normal()])
