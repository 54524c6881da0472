"""Which blocks and policies do anything in a run, as tables to read."""

from __future__ import annotations

from optimizer.labels import Language, Text
from optimizer.plan.run import Run
from optimizer.report.summary import SummaryTable, slack_with_unit


def activity_tables(run: Run, language: Language) -> list[SummaryTable]:
    """Return the activity of blocks and of policies."""

    def say(en: str, zh: str) -> str:
        return Text(en, zh).render(language)

    blocks = SummaryTable(
        say("Blocks", "模块"),
        (
            say("block", "模块"),
            say("rows or cost", "约束或成本"),
            say("rows", "约束数"),
            say("binding", "起作用"),
            say("million yuan/year", "百万元/年"),
        ),
        tuple(
            (
                str(row["block"]),
                str(row["row"]),
                f"{row['rows']:,.0f}",
                f"{row['binding']:,.0f}",
                f"{row['million_yuan']:,.2f}",
            )
            for row in run.findings["activity"].to_dict("records")
        ),
    )
    policies = SummaryTable(
        say("Policies, each switched off alone", "逐项取消各政策"),
        (
            say("policy", "政策"),
            say("effect", "作用"),
            say("saves, million yuan/year", "节省（百万元/年）"),
            say("slack", "距限值"),
        ),
        tuple(
            (
                str(row["policy"]),
                say("binds", "起作用")
                if row["saving_million_yuan"] > 1e-6
                else say("idle", "未起作用"),
                f"{row['saving_million_yuan']:,.3f}",
                slack_with_unit(float(row["slack"]), str(row["unit"])),
            )
            for row in run.findings["policy_effects"].to_dict("records")
        ),
    )
    return [blocks, policies]
