"""What a summary says of rationing and staged release."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Language, Text
from optimizer.plan.run import Run

SHOWN_ACCELERATORS: Final = 3
FULLY_SERVED: Final = 1.0 - 1e-6

RELEASE_TITLE: Final = Text("Release by user tier", "按用户层级开放")
RELEASE_COLUMNS: Final = (
    Text("service and tier", "服务与层级"),
    Text("released", "是否开放"),
    Text("million requests a day", "日请求（百万）"),
    Text("served", "已满足比例"),
    Text("value served, million yuan/year", "已满足价值（百万元/年）"),
)
_MORE: Final = Text(
    "not every user tier is served in full; a thousand more of one accelerator would serve work "
    "worth, in million yuan a year: {values}",
    "部分用户层级未获全部服务；每增加一千张加速卡，每年可多满足的价值（百万元）：{values}",
)
_UNKNOWN: Final = Text(
    "not every user tier is served in full",
    "部分用户层级未获全部服务",
)
_NO_MORE: Final = Text(
    "not every user tier is served in full, and a thousand more of any accelerator would not "
    "change that",
    "部分用户层级未获全部服务，且再增加一千张任何加速卡也无法改变",
)


def release_lines(run: Run, language: Language, *, valued: bool) -> list[str]:
    """Return a line on what more accelerators would serve, if a tier is not served in full.

    Parameters
    ----------
    run
        A run of one period.
    language
        Language of the line.
    valued
        Whether it was computed what more accelerators are worth.
    """
    served = run.plan.tables["releases"]["served_share"].to_numpy(dtype=float)
    if not (served < FULLY_SERVED).any():
        return []
    if not valued:
        return [_UNKNOWN.render(language)]
    found = run.findings["accelerator_values"].sort_values(
        ["value_million_yuan", "accelerator"], ascending=[False, True]
    )
    cards = run.case.tables["accelerators"].frame
    names = dict(zip(cards["accelerator"], cards[f"name_{language}"], strict=True))
    values = ", ".join(
        f"{names[card]} {value:,.1f}"
        for card, value in zip(
            found["accelerator"].head(SHOWN_ACCELERATORS),
            found["value_million_yuan"].head(SHOWN_ACCELERATORS),
            strict=True,
        )
    )
    return [_MORE.render(language, values=values) if values else _NO_MORE.render(language)]


def release_rows(run: Run, language: Language) -> list[list[str]]:
    """Return a row for each tier of each service."""
    services = run.case.tables["services"].frame
    service_names = dict(zip(services["service"], services[f"name_{language}"], strict=True))
    tiers = run.case.tables["tiers"].frame
    tier_names = {
        (service, int(tier)): name
        for service, tier, name in zip(
            tiers["service"], tiers["tier"], tiers[f"name_{language}"], strict=True
        )
    }
    yes, no = Text("yes", "是").render(language), Text("no", "否").render(language)
    return [
        [
            f"{service_names[row['service']]}: {tier_names[row['service'], int(row['tier'])]}",
            {1.0: yes, 0.0: no}.get(float(row["released"]), f"{row['released']:.2f}"),
            f"{row['requests_million_per_day']:,.1f}",
            f"{row['served_share']:.1%}",
            f"{row['value_million_yuan']:,.1f}",
        ]
        for row in run.plan.tables["releases"].to_dict("records")
    ]
