"""``eastwest compare``: run folders side by side; nothing is solved."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimizer.cli.settings import common_options, settings
from optimizer.labels import Text


@click.command(
    "compare",
    help=(
        "Compare the first of RUNS with each of the others: what changed in the inputs beside "
        "what changed in cost, carbon, builds and placements, and why.\n\n将第一个运行结果与其余"
        "各个比较：输入的差异与成本、碳排放、新建、布局的差异及其原因。"
    ),
)
@click.argument("runs", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON. 以 JSON 输出。")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV. 以 CSV 输出。")
@common_options
def command(runs: tuple[str, ...], *, as_json: bool, as_csv: bool) -> int:
    """Run the verb."""
    import pandas as pd

    from optimizer.analysis.compare import compare_runs, comparison_rows
    from optimizer.cli.print_summary import print_table, screen
    from optimizer.errors import UsageError
    from optimizer.plan.store import read_run
    from optimizer.report.scenario_tables import comparison_record, comparison_tables

    if len(runs) < 2 or (as_json and as_csv):
        raise UsageError(
            Text(
                "give two or more run folders and at most one of --json and --csv",
                "请给出两个或更多运行结果文件夹，--json 与 --csv 至多其一",
            )
        )
    comparisons = compare_runs([read_run(Path(run)) for run in runs])
    if as_json:
        records = [comparison_record(each) for each in comparisons]
        click.echo(json.dumps(records, ensure_ascii=False, indent=2, allow_nan=False))
    elif as_csv:
        rows = pd.concat([comparison_rows(each) for each in comparisons], ignore_index=True)
        click.echo(rows.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        console = screen()
        for each in comparisons:
            for table in comparison_tables(each, settings().language):
                print_table(console, table)
    return 0
