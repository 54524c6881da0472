from __future__ import annotations

import ast
import csv
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont

from optimizer.report.fonts import FALLBACK_FAMILY, Ruler, missing_characters, plan_font

ROOT = Path(__file__).resolve().parents[2]
FONT = ROOT / "data" / "basemap" / "NotoSansSC-subset.otf"


def gb2312(rows: range) -> str:
    cells = (bytes([row, cell]) for row in rows for cell in range(0xA1, 0xFF))
    return "".join(code.decode("gb2312", errors="ignore") for code in cells)


def undrawable(text: str) -> str:
    """Return the characters that neither the subset nor its fallback can draw."""
    return missing_characters(missing_characters(text, FONT), Path(findfont(FALLBACK_FAMILY)))


@pytest.mark.parametrize(("rows", "count"), [(range(0xB0, 0xD8), 3755), (range(0xD8, 0xF8), 3008)])
def test_font_covers_both_levels_of_gb2312(rows: range, count: int) -> None:
    characters = gb2312(rows)
    assert len(characters) == count
    assert missing_characters(characters, FONT) == ""


def test_font_covers_marks_and_units() -> None:
    assert missing_characters("，。、；：？！（）《》“”…—·→±≤≥×²³°％%+-0123456789", FONT) == ""


def test_missing_characters_are_named_once_and_in_order() -> None:
    assert (
        missing_characters("甲\U0001f600乙\n\U00020bb7\U0001f600", FONT) == "\U0001f600\U00020bb7"
    )


def texts_of(path: Path) -> list[str]:
    """Return the literal words of each ``Text(...)`` of a module."""
    calls = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]
    return [
        word.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Text"
        for word in call.args
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
    ]


def test_every_text_of_the_package_can_be_drawn() -> None:
    words = [word for path in (ROOT / "optimizer").rglob("*.py") for word in texts_of(path)]
    assert any("示意图，公开发布须另行送审" in word for word in words)
    assert undrawable("".join(words)) == ""


def test_every_name_of_the_data_can_be_drawn() -> None:
    names = []
    for path in sorted((ROOT / "data").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            names += [row.get("name_zh") or "" for row in csv.DictReader(lines)]
    assert undrawable("".join(names)) == ""


def test_plan_font_lasts_as_long_as_its_context() -> None:
    before = mpl.rcParams["font.family"]
    with plan_font(FONT) as family:
        assert family == "Eastwest Sans SC"
        assert mpl.rcParams["font.family"] == [family, FALLBACK_FAMILY]
        assert Path(findfont(family)) == FONT
    assert mpl.rcParams["font.family"] == before


def test_plan_font_needs_a_font() -> None:
    with pytest.raises(FileNotFoundError), plan_font(FONT.with_name("none.otf")):
        pass


def test_ruler_measures_and_wraps() -> None:
    with plan_font(FONT):
        ruler = Ruler(Figure(dpi=130))
        width, height = ruler.size("东数西算", 10.0)
        assert width == pytest.approx(40.0, rel=0.05)  # Chinese characters are square
        assert height == pytest.approx(12.0)
        wrapped = ruler.wrapped("训练放在西部，推理靠近用户，各得其所。", 10.0, 70.0)
        assert wrapped.replace("\n", "") == "训练放在西部，推理靠近用户，各得其所。"
        assert not any(line.startswith(("，", "。")) for line in wrapped.split("\n"))
        assert max(ruler.size(line, 10.0)[0] for line in wrapped.split("\n")) <= 75.0
        english = ruler.wrapped("one two three four five", 10.0, 60.0)
        assert english.replace("\n", " ") == "one two three four five"
        assert ruler.wrapped("", 10.0, 60.0) == ""
