"""``eastwest claims``: claims answered by pairs of verified runs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimizer.cli.settings import common_options, settings
from optimizer.labels import Text


@click.command(
    "claims",
    help=(
        "Answer the shipped claims about computing east and west, or those of --file, each by two "
        "verified runs and the value at which the answer turns. What is stopped goes on where it "
        "was: finished runs are kept beside the folder until all claims are answered.\n\n"
        "用成对的已复核运行逐条检验内置（或 --file 给出）的观点，并给出结论反转时的参数值。"
        "中断后可续做：全部观点检验完之前，已完成的运行保留在结果文件夹旁。"
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Other claims. 其他观点文件。",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("reports") / "gallery" / "claims",
    show_default=True,
    help="Folder. 结果文件夹。",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes side by side, about 1 GB each. 并行进程数，每个约占 1 GB 内存。",
)
@click.option("--force", is_flag=True, help="Replace the folder. 替换已有文件夹。")
@click.option("--json", "as_json", is_flag=True, help="Print claims.json only. 仅输出 JSON。")
@common_options
def command(
    names: tuple[str, ...],
    file: Path | None,
    out: Path,
    workers: int,
    *,
    force: bool,
    as_json: bool,
) -> int:
    """Run the verb and return its exit code."""
    from optimizer.errors import UsageError
    from optimizer.inputs.claim_file import read_claims
    from optimizer.report.claims import page
    from optimizer.report.study_folder import refuse_existing_study, written_study
    from optimizer.study.claim_runs import KeptRuns
    from optimizer.study.claims import check_figures
    from optimizer.study.claims_aside import answer_claims
    from optimizer.tables.pack import claims_file

    language = settings().language
    path = file or claims_file()
    claims = read_claims(path)
    check_figures(claims, path.name)
    known = [claim.name for claim in claims.claims]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(
            Text(
                "{name} is no claim of {file}; it has {known}",
                "{file} 中没有观点 {name}；现有 {known}",
            ).filled(name=", ".join(unknown), file=path.name, known=", ".join(known))
        )
    refuse_existing_study(out, "claims.json", replace=force)
    asked = [claim for claim in claims.claims if not names or claim.name in names]
    kept = KeptRuns(out.with_name(f"{out.name}.runs"))
    found, runs = answer_claims(
        claims, asked, workers, lambda name: click.echo(name, err=True), kept
    )
    record = {
        "case": claims.base,
        "relaxed": True,
        "runs": len(runs),
        "claims": [item.record() for item in found],
    }
    text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    with written_study(out, "claims.json", replace=force) as partial:
        (partial / "claims.json").write_text(text, encoding="utf-8")
        for word in ("en", "zh"):
            (partial / f"claims_{word}.md").write_text(
                page(found, claims.base, word), encoding="utf-8"
            )
    kept.remove(runs)
    if as_json:
        click.echo(text, nl=False)
    else:
        click.echo(page(found, claims.base, language))
        click.echo(Text("written to {folder}", "结果写入 {folder}").render(language, folder=out))
    return 0
