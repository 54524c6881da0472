"""The Chinese font of the pictures, so that no character is ever drawn as a box."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font

FALLBACK_FAMILY: Final = "DejaVu Sans"
"""Ships with matplotlib; draws the rare symbol that the Chinese subset lacks."""

_CHINESE: Final = "\u2e80-\u9fff\uff00-\uffef"
_OPENING: Final = re.escape("（《【“‘([")
_CLOSING: Final = re.escape("，。、；：！？）》】”’,.;:!?)]")
_BREAKABLE: Final = re.compile(
    rf"[{_OPENING}]*(?:[{_CHINESE}]|[^\s{_CHINESE}]+)[{_CLOSING}]*\s*|\s+"
)
"""The pieces of a text that may stand on different lines."""


@contextmanager
def plan_font(path: Path) -> Iterator[str]:
    """Draw with the font of a file while the context lasts.

    Parameters
    ----------
    path
        The font, ``data/basemap/NotoSansSC-subset.otf`` in the shipped data.

    Yields
    ------
    str
        Name of the family.

    Raises
    ------
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> from optimizer.tables.pack import font_file
    >>> with plan_font(font_file()) as family:
    ...     family
    'Eastwest Sans SC'
    """
    family = _registered(path.resolve())
    # the hyphen is in every font, the minus sign is not
    with mpl.rc_context({"font.family": [family, FALLBACK_FAMILY], "axes.unicode_minus": False}):
        yield family


@lru_cache(maxsize=8)
def _registered(path: Path) -> str:
    """Make a font known to matplotlib, once a process, and return its family."""
    font_manager.fontManager.addfont(path)
    return FontProperties(fname=path).get_name()


@lru_cache(maxsize=8)
def _covered(path: Path) -> frozenset[int]:
    """Return the code points that a font can draw."""
    return frozenset(FT2Font(str(path)).get_charmap())


def missing_characters(text: str, path: Path) -> str:
    """Return the characters of a text that a font lacks, each once, in order of code.

    Parameters
    ----------
    text
        Any text; line breaks and tabs are never drawn and never missing.
    path
        The font file.

    Returns
    -------
    str
        The characters, empty if the font has them all.

    Examples
    --------
    >>> from optimizer.tables.pack import font_file
    >>> missing_characters("东数西算", font_file())
    ''
    """
    covered = _covered(path.resolve())
    drawn = set(text) - set("\n\r\t")
    return "".join(sorted(character for character in drawn if ord(character) not in covered))


class Ruler:
    """Measures and wraps text as it will be drawn.

    Parameters
    ----------
    figure
        The figure the text is meant for; create the ruler inside :func:`plan_font`.
    """

    def __init__(self, figure: Figure) -> None:
        renderer: Any = RendererAgg  # matplotlib ships no types for it
        self._renderer = renderer(figure.bbox.width, figure.bbox.height, figure.dpi)
        self._points_per_pixel = 72.0 / figure.dpi
        self._known: dict[tuple[str, float], tuple[float, float]] = {}

    def size(self, text: str, font_size: float, line_spacing: float = 1.2) -> tuple[float, float]:
        """Return width and height of a text in points; lines are ``line_spacing`` apart."""
        font = FontProperties(size=font_size)
        lines = text.split("\n")
        width = max(
            self._renderer.get_text_width_height_descent(line, font, ismath=False)[0]
            for line in lines
        )
        return width * self._points_per_pixel, font_size * line_spacing * len(lines)

    def wrapped(self, text: str, font_size: float, width: float) -> str:
        """Return a text in as few lines of at most ``width`` points as hold it.

        Lines break at spaces and beside Chinese characters, never before a closing mark,
        and are about equally long, so that no last word stands alone.
        """
        lines = self._filled(text, font_size, width)
        for share in (0.5, 0.6, 0.7, 0.8, 0.9):
            balanced = self._filled(text, font_size, share * width)
            if len(balanced) == len(lines):
                return "\n".join(balanced)
        return "\n".join(lines)

    def _filled(self, text: str, font_size: float, width: float) -> list[str]:
        """Return lines that are each as long as fits."""
        lines, used = [""], 0.0
        for piece in _BREAKABLE.findall(text):
            ink, advance = self._widths(piece, font_size)
            if lines[-1] and used + ink > width:
                lines.append(piece)
                used = advance
            else:
                lines[-1] += piece
                used += advance
        return [line.rstrip() for line in lines]

    def _widths(self, piece: str, font_size: float) -> tuple[float, float]:
        """Return the width of a piece without and with the space that follows it."""
        if (piece, font_size) not in self._known:
            ink = self.size(piece.rstrip(), font_size)[0]
            space = 0.25 * font_size * (len(piece) - len(piece.rstrip()))
            self._known[piece, font_size] = (ink, ink + space)
        return self._known[piece, font_size]
