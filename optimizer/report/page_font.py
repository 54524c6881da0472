"""The part of the shipped Chinese font that a page needs, to be embedded in it."""

from __future__ import annotations

import base64
import io
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTFont

from optimizer.tables.pack import font_file

FAMILY: Final = "Eastwest Sans SC"


def page_font(text: str) -> str:
    """Return a font with the characters of a text as a data address (WOFF).

    Parameters
    ----------
    text
        The text; characters that the font lacks are left to the reader's own fonts.
    """
    options = subset.Options()
    options.layout_features = ["kern"]
    options.hinting = False
    options.desubroutinize = True
    options.notdef_outline = True
    with TTFont(font_file(), lazy=True, recalcTimestamp=False, recalcBBoxes=False) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text="".join(sorted(set(text))) + "".join(map(chr, range(32, 127))))
        subsetter.subset(font)
        font.flavor = "woff"
        packed = io.BytesIO()
        font.save(packed)
    return "data:font/woff;base64," + base64.b64encode(packed.getvalue()).decode("ascii")
