"""Structure of the page, on every machine: sections, boundaries, languages, safety, errors."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from fontTools.ttLib import TTFont
from openpyxl import load_workbook
from PIL import Image

from optimizer.cli import app
from optimizer.errors import UsageError
from optimizer.labels import LANGUAGES
from optimizer.plan.run import Run
from optimizer.plan.store import read_run
from optimizer.report.basemap import load_basemap
from optimizer.report.blocks import PictureBlock
from optimizer.report.document import make_document
from optimizer.report.fonts import missing_characters
from optimizer.report.formats import FORMATS, write_documents
from optimizer.report.html_page import html_page
from optimizer.report.map_shapes import PLANE, province_features
from optimizer.report.section import all_sections
from optimizer.report.typst_document import pdf_bytes, typst_source
from optimizer.tables.pack import basemap_file, font_file
from tests.report.conftest import HOSTILE
from tests.report.page_reader import Page, read_page

HAN = re.compile("[\u4e00-\u9fff]")
LATIN = re.compile("[A-Za-z]{2,}")
SAME_IN_BOTH = {"English", "MW", "Gbit/s", "EFLOPS", "PUE", "IT", "CO2", "SHA", "Eastwest", "LP"}
"""Names and units that are written with Latin letters in Chinese text too."""

BOTH_LANGUAGES = {"中文", "English"}
"""The switch names each language in its own."""


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(tiny_page: Path) -> Page:
    """Return the page of the teaching case."""
    return read_page(_text(tiny_page))


def _sections(page: Page, language: str) -> list[str]:
    ending = f"-{language}"
    return [
        named["id"].removesuffix(ending)
        for tag, named in page.elements
        if tag == "section" and named["id"].endswith(ending)
    ]


def test_sections_stand_in_order_and_only_with_content(page: Page, several_page: Path) -> None:
    order = [section.name for section in all_sections()]
    assert order[:3] == ["answer", "key-figures", "map"]
    one, several = _sections(page, "en"), _sections(read_page(_text(several_page)), "en")
    assert one == [name for name in order if name != "comparison"]
    assert several == [name for name in order if name != "rules-of-thumb"]
    assert _sections(page, "zh") == one


def test_every_heading_has_something_below_it(several_page: Path) -> None:
    bodies = re.findall(r"<h2>.*?</h2>(.*?)</section>", _text(several_page), flags=re.DOTALL)
    assert len(bodies) > 20
    assert [body for body in bodies if not re.search("<(p|table|figure|div)", body)] == []


def test_the_answer_has_five_sentences(page: Page, tiny_page: Path) -> None:
    assert len(page.marks) > 500
    for language, stop in (("en", r"\.(?: |$)"), ("zh", "。")):
        found = re.search(
            rf'id="answer-{language}".*?<p class="lead">(.*?)</p>', _text(tiny_page), re.DOTALL
        )
        assert found
        plain = re.sub("<[^>]*>", "", found.group(1)).strip()
        assert len(re.findall(stop, plain)) == 5, plain


def test_the_map_is_complete(page: Page) -> None:
    shared = json.loads(page.scripts["shared"])
    assert len(shared["provinces"]) == 34
    assert len(shared["dashes"]) == 10
    assert len(shared["islands"]) > 50
    names = {item["properties"]["en"] for item in shared["provinces"]}
    assert {"Taiwan", "Hong Kong", "Macao", "Hainan"} <= names
    assert all(shapely.geometry.shape(item["geometry"]).area > 0 for item in shared["provinces"])
    lowest = min(item["y"] for item in shared["islands"])
    assert lowest < min(
        shapely.geometry.shape(item["geometry"]).bounds[1]
        for item in shared["provinces"]
        if item["properties"]["en"] != "Hainan"
    )


def test_thinner_boundaries_keep_their_areas() -> None:
    basemap = load_basemap(None, basemap_file())
    exact = PLANE.shapes(basemap.provinces)
    thin = [shapely.geometry.shape(item["geometry"]) for item in province_features(basemap)]
    off = [abs(new.area / old.area - 1.0) for old, new in zip(exact, thin, strict=True)]
    assert max(off) < 0.03
    assert sum(shape.area for shape in thin) == pytest.approx(
        sum(shape.area for shape in exact), rel=5e-4
    )


def test_source_and_review_stand_below_the_map(tiny_page: Path) -> None:
    text = _text(tiny_page)
    assert "示意图，公开发布须另行送审。" in text
    assert "底图数据：天地图" in text
    assert "public release in China needs its own map review" in text


def test_pies_fill_their_circles(page: Page) -> None:
    pies = json.loads(page.scripts["shared"])["pies"]
    by_site: dict[str, list[dict[str, Any]]] = {}
    for item in pies:
        by_site.setdefault(item["properties"]["site"], []).append(item)
    assert set(by_site) == {"east_cluster", "east_metro", "west_cluster"}
    areas = {}
    for site, slices in by_site.items():
        shapes = [shapely.geometry.shape(item["geometry"]) for item in slices]
        whole = sum(shape.area for shape in shapes)
        areas[site] = whole / slices[0]["properties"]["load"]
        for item, shape in zip(slices, shapes, strict=True):
            share = item["properties"]["mw"] / item["properties"]["load"]
            assert shape.area / whole == pytest.approx(share, abs=0.01)
    assert areas["east_cluster"] == pytest.approx(areas["west_cluster"], rel=0.03)


def _specification_texts(value: Any, key: str = "") -> Iterator[str]:  # noqa: ANN401
    """Yield the texts of a specification that a reader sees."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in {"values", "config"}:
                yield from _specification_texts(inner, name)
            elif name == "values":
                yield from _data_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _specification_texts(inner, key)
    elif isinstance(value, str) and key in {"title", "text", "description", "domain"}:
        yield value


def _data_texts(rows: Any) -> Iterator[str]:  # noqa: ANN401
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            yield from (cell for cell in row.values() if isinstance(cell, str))


def _untranslated(text: str) -> bool:
    words = set(LATIN.findall(text)) - SAME_IN_BOTH
    return bool(words) and not HAN.search(text)


def test_no_text_is_in_the_wrong_language(page: Page) -> None:
    english = {text for language, text in page.unmarked if language == "en"}
    chinese = {text for language, text in page.unmarked if language == "zh"}
    assert len(english) > 100
    assert len(chinese) > 100
    assert {text for text in english if HAN.search(text)} == {"中文"}
    assert {text for text in chinese if _untranslated(text)} <= BOTH_LANGUAGES


def test_no_chart_is_in_the_wrong_language(page: Page) -> None:
    charts = json.loads(page.scripts["charts"])
    english = set(_specification_texts(charts["en"]))
    chinese = set(_specification_texts(charts["zh"]))
    fields = {"category", "series", "name", "row", "column"}
    assert len(english) > 30
    assert {text for text in english if HAN.search(text)} == set()
    wrong = {text for text in chinese if _untranslated(text)} - fields
    # Kinds of work are codes of the map's data; their names stand in its tooltips.
    kinds = {"training", "inference", "batch"}
    places = {"en:N", "zh:N"}
    assert wrong - kinds - places == set()


def test_every_character_has_a_glyph_in_the_embedded_font(page: Page, tiny_page: Path) -> None:
    found = re.search(r"data:font/woff;base64,([A-Za-z0-9+/=]+)", _text(tiny_page))
    assert found
    font = TTFont(io.BytesIO(base64.b64decode(found.group(1))))
    covered = set(font.getBestCmap())
    shown = "".join(text for _language, text in page.unmarked)
    shown += "".join(mark.text for mark in page.marks)
    for name in ("charts", "shared"):
        shown += json.dumps(json.loads(page.scripts[name]), ensure_ascii=False)
    missing = {character for character in shown if ord(character) not in covered}
    assert missing - set("\n\t") == set()


def test_the_page_can_ask_the_network_for_nothing(page: Page, tiny_page: Path) -> None:
    policies = [
        named["content"]
        for tag, named in page.elements
        if tag == "meta" and named.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none';")
    assert "http" not in policies[0]
    sources = [
        named[name] for _tag, named in page.elements for name in ("src", "href") if name in named
    ]
    assert [source for source in sources if not source.startswith(("#", "data:"))] == []
    assert tiny_page.stat().st_size < 6e6


def test_hostile_names_stay_text(hostile_page: Path) -> None:
    page = read_page(_text(hostile_page))
    assert sum(1 for mark in page.marks if mark.text == HOSTILE) > 10
    scripts = [named for tag, named in page.elements if tag == "script"]
    assert [named.get("id") for named in scripts] == ["charts", "shared", None]
    assert [name for _tag, named in page.elements for name in named if name.startswith("on")] == []
    pictures = len({"map", "alternatives"})
    assert sum(1 for tag, _named in page.elements if tag == "img") == pictures * len(LANGUAGES)
    assert HOSTILE in json.dumps(json.loads(page.scripts["shared"]), ensure_ascii=False)


def test_hostile_names_stay_text_on_paper(hostile_run: Run) -> None:
    document = make_document([hostile_run], ("en",))
    assert pdf_bytes(document, "en").startswith(b"%PDF-")


@pytest.mark.parametrize("language", LANGUAGES)
def test_paper_holds_the_same_sections(tiny_run: Path, tmp_path: Path, language: str) -> None:
    document = make_document([read_run(tiny_run)])
    source = typst_source(document, "zh" if language == "zh" else "en", tmp_path)
    headings = re.findall(r"^= (.*)$", source, flags=re.MULTILINE)
    titles = [section.title for section in document.sections if section.name != "explorer"]
    assert headings == [title.render("zh" if language == "zh" else "en") for title in titles]
    assert missing_characters(source, font_file()) == ""
    assert {path.suffix for path in tmp_path.iterdir()} == {".png", ".svg"}


def test_same_run_same_bytes(tiny_run: Path) -> None:
    one, two = (make_document([read_run(tiny_run)], ("en",)) for _again in range(2))
    assert html_page(one, ("en",)) == html_page(two, ("en",))
    assert pdf_bytes(one, "en") == pdf_bytes(two, "en")


def test_a_run_that_is_not_stored_is_drawn(tiny_run: Path) -> None:
    run = dataclasses.replace(read_run(tiny_run), folder=None)
    document = make_document([run], ("zh",))
    (picture,) = (
        block
        for section in document.sections
        for block in section.blocks
        if isinstance(block, PictureBlock) and block.name == "map"
    )
    assert set(picture.content) == {"zh"}
    with Image.open(io.BytesIO(picture.content["zh"])) as image:
        assert image.size == (1430, 1083)


def test_command_writes_what_is_asked_for(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pages"
    options = ["--lang", "zh", "--format", "html,pdf,xlsx", "--out", str(out)]
    assert app.run(["report", str(tiny_run), *options]) == 0
    assert "已写出" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == [
        "report.html",
        "report_zh.pdf",
        "report_zh.xlsx",
    ]
    assert "成本构成" in load_workbook(out / "report_zh.xlsx").sheetnames
    page = read_page(_text(out / "report.html"))
    assert {language for language, _text_ in page.unmarked} == {"zh"}
    assert (out / "report_zh.pdf").read_bytes().startswith(b"%PDF-")


def test_a_report_that_is_there_is_not_replaced_unasked(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report_en.xlsx").write_text("edited by hand", encoding="utf-8")
    command = ["report", str(tiny_run), "--lang", "en", "--format", "html,xlsx"]
    command += ["--out", str(tmp_path)]
    assert app.run(command) == 2
    assert "--force" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["report_en.xlsx"]
    assert (tmp_path / "report_en.xlsx").read_text(encoding="utf-8") == "edited by hand"
    assert app.run([*command, "--force"]) == 0
    assert load_workbook(tmp_path / "report_en.xlsx").sheetnames


def test_unknown_format_is_refused_before_anything_is_written(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pages"
    assert app.run(["report", str(tiny_run), "--format", "docx", "--out", str(out)]) == 2
    assert "html" in capsys.readouterr().err
    assert not out.exists()
    assert set(FORMATS) == {"html", "pdf", "xlsx"}


def test_missing_typst_says_what_to_install(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(UsageError, match=r"eastwest\[pdf\]"):
        write_documents([read_run(tiny_run)], tmp_path, formats=["pdf"], languages=["en"])


def _older(tiny_run: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "older"
    shutil.copytree(tiny_run, folder)
    return folder


def test_run_without_a_table_is_refused(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _older(tiny_run, tmp_path)
    (folder / "tables" / "ledgers.parquet").unlink()
    assert app.run(["report", str(folder)]) == 2
    assert "ledgers" in capsys.readouterr().err
    assert not (folder / "report.html").exists()


def test_run_without_a_figure_is_refused(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _older(tiny_run, tmp_path)
    record = json.loads(_text(folder / "run.json"))
    del record["metrics"]["hourly_kt"]
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert app.run(["report", str(folder), "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert "hourly_kt" in said
    assert "older version" in said


def test_run_of_another_layout_is_refused(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _older(tiny_run, tmp_path)
    record = json.loads(_text(folder / "run.json"))
    (folder / "run.json").write_text(json.dumps({**record, "format": 0}), encoding="utf-8")
    assert app.run(["report", str(folder), "--lang", "en"]) == 2
    assert "plan it again" in capsys.readouterr().err
