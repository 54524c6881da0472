"""``eastwest doctor``: what this installation can do."""

from __future__ import annotations

import json

import click

from optimizer.cli.settings import common_options, settings
from optimizer.labels import Text


@click.command(
    "doctor",
    help="Check this installation.\n\n检查安装是否完好。",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON. 以 JSON 输出。")
@common_options
def command(*, as_json: bool) -> int:
    """Run the verb; 0 if everything works, 5 if not."""
    from optimizer.study.installation import examine

    language = settings().language
    findings = examine()
    if as_json:
        click.echo(
            json.dumps(
                [
                    {"part": item.part.render(language), "found": item.found, "works": item.works}
                    for item in findings
                ],
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        for item in findings:
            mark = Text("ok", "正常") if item.works else Text("FAULT", "异常")
            click.echo(f"{mark.render(language)}  {item.part.render(language)}: {item.found}")
    return 0 if all(item.works for item in findings) else 5
