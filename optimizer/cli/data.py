"""``eastwest data``: the tables of a case, their sources and their assumptions."""

from __future__ import annotations

import json

import click

from optimizer.cli.settings import common_options, settings
from optimizer.labels import Text


@click.command(
    "data",
    help=(
        "Show the tables of a case, one TABLE of it, its sources, or every assumption with its "
        "range.\n\n显示算例的各表、某一张表 TABLE、数据来源，或全部假设及其范围。"
    ),
)
@click.argument("table", default="")
@click.option("--case", default="national-2026", show_default=True, help="Case. 算例。")
@click.option("--assumptions", is_flag=True, help="Every assumption with its range. 全部假设。")
@click.option("--sources", is_flag=True, help="Every source. 全部来源。")
@click.option("--json", "as_json", is_flag=True, help="Print JSON. 以 JSON 输出。")
@common_options
def command(table: str, case: str, *, assumptions: bool, sources: bool, as_json: bool) -> int:
    """Run the verb."""
    from optimizer.cli.print_summary import print_table, screen
    from optimizer.errors import UsageError
    from optimizer.inputs.case import read_case
    from optimizer.report.data_tables import (
        as_plain_text,
        assumption_table,
        contents_table,
        one_table,
        source_table,
    )

    if sum([bool(table), assumptions, sources]) > 1:
        raise UsageError(
            Text(
                "give one of TABLE, --assumptions and --sources",
                "TABLE、--assumptions 与 --sources 只能给出其一",
            )
        )
    language = settings().language
    read = read_case(case)
    if assumptions:
        shown = assumption_table(read, language)
    elif sources:
        shown = source_table(read, language)
    elif table:
        shown = one_table(read, table, language)
        if not as_json:
            click.echo(as_plain_text(shown))
            return 0
    else:
        shown = contents_table(read, language)
    if as_json:
        records = [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
        click.echo(json.dumps(records, ensure_ascii=False, indent=2))
    else:
        print_table(screen(), shown)
    return 0
