"""Answers to claims as a page in either language, and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from optimizer.analysis.claim_answers import VERDICTS, AnsweredClaim
from optimizer.labels import Language, Text

ABOUT: Final = Text(
    "Each claim is answered by two runs of the case {case} that differ in the rows named. Every "
    "run is a linear relaxation (relaxed: true): its objective is a lower bound, recomputed from "
    "the raw tables without a failed check. A claim depends if the verdict turns within the "
    "plausible values of the input named, or if the difference is within both gaps.",
    "每个观点由算例 {case} 的两次运行回答，两次运行只在所列数据行上不同。各次运行均为线性松弛"
    "（relaxed: true），目标值为下界，并已依据原始数据复核、无一项不符。若结论在所列参数的合理取值"
    "范围内反转，或差值不超过两次运行的间隙之和，则记为“视情况而定”。",
)


def page(answers: Sequence[AnsweredClaim], case: str, language: Language) -> str:
    """Return all answers as Markdown.

    Parameters
    ----------
    answers
        The answered claims.
    case
        Name of the case.
    language
        Language of the page.
    """
    counts = Counter(answer.verdict for answer in answers)
    separator = "、" if language == "zh" else ", "
    title = Text("Claims put to the test", "观点检验").render(language)
    lines = [
        f"# {title}",
        "",
        ABOUT.render(language, case=case),
        "",
        separator.join(
            f"{VERDICTS[verdict].render(language)} {counts[verdict]}" for verdict in VERDICTS
        ),
        "",
        _head(language),
        "|---|---|---|",
        *(
            f"| {number} | {answer.texts['claim'].render(language)} | "
            f"{VERDICTS[answer.verdict].render(language)} |"
            for number, answer in enumerate(answers, start=1)
        ),
    ]
    for number, answer in enumerate(answers, start=1):
        lines += ["", *_section(number, answer, language)]
    return "\n".join(lines) + "\n"


def _head(language: Language) -> str:
    claim, verdict = Text("claim", "观点"), Text("answer", "结论")
    return f"| # | {claim.render(language)} | {verdict.render(language)} |"


def _section(number: int, answer: AnsweredClaim, language: Language) -> list[str]:
    texts = {name: text.render(language) for name, text in answer.texts.items()}
    numbers = answer.numbers
    source = Text("{medium}, {date}; author: {author}", "{medium}，{date}；作者：{author}")
    colon = "：" if language == "zh" else ": "
    return [
        f"## {number}. {texts['claim']}",
        "",
        source.render(language, medium=answer.medium, date=answer.date, author=answer.author),
        "",
        f"**{VERDICTS[answer.verdict].render(language)}**{colon}{_measured(answer, language)}",
        "",
        f"- {Text('test', '检验').render(language)}{colon}{texts['test']}",
        f"- {_run_line(Text('first run', '运行一'), answer, 0, language)}",
        f"- {_run_line(Text('second run', '运行二'), answer, 1, language)}",
        "- "
        + Text(
            "gap of the first run {gap_first:.2g}, of the second {gap_second:.2g} million yuan; "
            "{first:,.0f} and {second:,.0f} checks, none failed",
            "间隙：运行一 {gap_first:.2g}，运行二 {gap_second:.2g} 百万元；分别复核 {first:,.0f} "
            "项与 {second:,.0f} 项，无不符",
        ).render(
            language,
            gap_first=numbers["gap_first"],
            gap_second=numbers["gap_second"],
            first=numbers["checks_first"],
            second=numbers["checks_second"],
        ),
        f"- {_turn_line(answer, language)}",
    ]


def _measured(answer: AnsweredClaim, language: Language) -> str:
    numbers = answer.numbers
    text = Text(
        "{figure}: {first} in the first run, {second} in the second, difference {difference} "
        "{unit}",
        "{figure}：运行一 {first}，运行二 {second}，差值 {difference} {unit}",
    )
    unit = answer.texts["unit"].render(language)
    if "over" in answer.texts:
        text = Text(
            "{figure} went from {first} to {second}; its change over that of {over} is "
            "{difference}",
            "{figure}由 {first} 变为 {second}，其变化与{over}变化之比为 {difference}",
        )
    return text.render(
        language,
        figure=answer.texts["figure"],
        first=_number(numbers["first"]),
        second=_number(numbers["second"]),
        difference=_number(numbers["difference"]),
        unit=unit,
        over=answer.texts.get("over", Text("-", "-")),
    )


def _run_line(title: Text, answer: AnsweredClaim, run: int, language: Language) -> str:
    name = answer.texts["first" if run == 0 else "second"].render(language)
    changed = "; ".join(f"`{line}`" for line in answer.changed[run])
    undone = answer.numbers["undone_first" if run == 0 else "undone_second"]
    rows = changed or Text("no row changed", "无改动").render(language)
    return Text(
        "{title}: {name}; {rows}; work left undone {undone} million yuan a year; inputs {digest}",
        "{title}：{name}；{rows}；未安排工作价值每年 {undone} 百万元；输入哈希 {digest}",
    ).render(
        language,
        title=title,
        name=name,
        rows=rows,
        undone=_number(undone),
        digest=answer.runs[run][:12],
    )


def _turn_line(answer: AnsweredClaim, language: Language) -> str:
    numbers = answer.numbers
    text = Text(
        "the answer does not turn for {flip} from {low} to {high} (today {today})",
        "{flip}在 {low} 至 {high} 之间时结论不变（现值 {today}）",
    )
    if answer.turns:
        text = Text(
            "the answer turns at {flip} between {low} and {high} (today {today}, plausible "
            "{least} to {most})",
            "{flip}在 {low} 与 {high} 之间时结论反转（现值 {today}，合理范围 {least} 至 {most}）",
        )
    return text.render(
        language,
        flip=answer.texts["flip"],
        low=_number(numbers["turn_low"]),
        high=_number(numbers["turn_high"]),
        today=_number(numbers["today"]),
        least=_number(numbers["plausible_low"]),
        most=_number(numbers["plausible_high"]),
    )


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    size = abs(value)
    if size >= 1000.0:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if size >= 100.0 else f"{value:.4g}"
