"""A report as one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from optimizer.labels import Language, Text
from optimizer.report.blocks import (
    Cards,
    ChartBlock,
    MapBlock,
    Paragraph,
    PictureBlock,
    TableBlock,
    attributes,
    html,
    plain,
)
from optimizer.report.document import Document
from optimizer.report.page_font import page_font

TEMPLATES: Final = Path(__file__).parent / "templates"
LANGUAGE_NAMES: Final[Mapping[Language, str]] = {"en": "English", "zh": "中文"}
SELF_NAMES: Final = frozenset(LANGUAGE_NAMES.values())

WORDS: Final[dict[str, Text]] = {
    "contents": Text("Contents", "目录"),
    "language": Text("Language", "语言"),
    "show_table": Text("Show the table", "展开表格"),
    "made_by": Text("Made by Eastwest", "由东数西算规划工具 Eastwest 生成"),
    "pick": Text(
        "Choose a site on the map or in the list to see what it carries.",
        "在地图或列表中选择站点，查看其承载的工作。",
    ),
    "hours": Text("Load of the site by hour", "站点逐时负荷"),
    "legend": Text("Legend", "图例"),
    "no_script": Text(
        "Charts and the interactive map need JavaScript; all tables are here without it.",
        "图表与交互地图需要启用 JavaScript；不启用时仍可阅读全部表格。",
    ),
    "skip": Text("Skip to the content", "跳到正文"),
}


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    kinds = {
        "cards": Cards,
        "chart": ChartBlock,
        "map": MapBlock,
        "paragraph": Paragraph,
        "picture": PictureBlock,
        "table": TableBlock,
    }
    environment.globals["kind_of"] = lambda block: next(
        name for name, kind in kinds.items() if isinstance(block, kind)
    )
    environment.globals["html"] = html
    environment.globals["plain"] = plain
    environment.globals["attributes"] = attributes
    environment.globals["word"] = lambda name, language: WORDS[name].render(language)
    environment.globals["language_names"] = LANGUAGE_NAMES
    environment.filters["data_uri"] = lambda content: (
        "data:image/png;base64," + base64.b64encode(content).decode("ascii")
    )
    environment.filters["script_json"] = script_json
    return environment


def script_json(value: Any) -> Markup:  # noqa: ANN401
    r"""Return a value as JSON that cannot end the script element it stands in.

    Examples
    --------
    >>> str(script_json({"name": "</script>"}))
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - made safe above


@cache
def vega_script() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, with the page's own at its end."""
    import vl_convert  # noqa: PLC0415 - takes a while

    own = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    return str(vl_convert.javascript_bundle(own)).replace("</script", "<\\/script")


def html_page(document: Document, languages: Sequence[Language]) -> str:
    """Return the page.

    Parameters
    ----------
    document
        The report.
    languages
        Languages of the page, the first one shown first.
    """
    drawn = _charts(document, languages)
    shared = _shared_data(document)
    template = _environment().get_template("page.html.jinja")
    body = template.render(
        document=document,
        languages=languages,
        charts=drawn,
        shared=shared,
        needs_script=bool(drawn),
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
    )
    script = vega_script() if drawn else ""
    font = page_font(body)
    # Font and script come last: the font holds what the page says, the script is no text.
    return body.replace("@@FONT@@", font).replace("@@SCRIPT@@", script)


def _charts(document: Document, languages: Sequence[Language]) -> dict[str, dict[str, Any]]:
    """Return every Vega-Lite specification by language and name."""
    found: dict[str, dict[str, Any]] = {}
    for language in languages:
        of_language: dict[str, Any] = {}
        for section in document.sections:
            for block in section.blocks:
                title = block.title.render(language) if hasattr(block, "title") else ""
                if isinstance(block, ChartBlock):
                    drawing = {**block.specification(language), "description": title}
                    of_language[block.name] = drawing
                elif isinstance(block, MapBlock):
                    of_language["map"] = {**block.specification(language), "description": title}
                    of_language["hours"] = block.hours(language)
        if of_language:
            found[language] = of_language
    return found


def _shared_data(document: Document) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, MapBlock):
                data.update(block.datasets)
    return data
