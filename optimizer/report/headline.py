"""The headline of a run: a few lines with proof, cost, load, emissions and bandwidth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from optimizer.labels import BOUNDARIES, OBJECTIVE_UNITS, OBJECTIVES, Language, Text
from optimizer.plan.run import Run
from optimizer.report.by_year import (
    PROOF_OF_PERIODS,
    by_year_lines,
    last_of,
    unserved_line,
)
from optimizer.report.release import release_lines

STATUSES: Final = {
    "optimal": Text("proved within the asked gap", "已在要求的间隙内证明最优"),
    "feasible": Text("best plan found, gap wider than asked", "当前最好方案，间隙大于要求"),
}


PROOF: Final = Text(
    "{status}: gap {gap_location:.3%} of the location-dependent cost "
    "({gap:,.1f} million yuan a year); {checks:,} checks recomputed from the raw "
    "tables, {failed} failed",
    "{status}：间隙为与选址有关成本的 {gap_location:.3%}"
    "（每年 {gap:,.1f} 百万元）；依据原始数据复核 {checks:,} 项，{failed} 项不符",
)
PROOF_OF_EACH: Final = Text(
    "{status}, for each objective below by itself; cost {gap:,.1f} million yuan a year above its "
    "bound ({gap_location:.3%} of the location-dependent cost); {checks:,} checks recomputed from "
    "the raw tables, {failed} failed",
    "{status}（就下列各目标分别而言）；成本高出其下界每年 {gap:,.1f} 百万元"
    "（与选址有关成本的 {gap_location:.3%}）；依据原始数据复核 {checks:,} 项，{failed} 项不符",
)
"""How sure a plan is: where cost comes first, and where another objective does."""

NOT_COMPARED: Final = Text(
    "the plan alone was solved: prices of limits, rules of thumb and near-optimal alternatives "
    "were not computed",
    "本次仅求解方案本身，未计算限值价格、经验规则对照与近优替代方案",
)


def headline(run: Run, language: Language) -> list[str]:
    """Return the lines that a planner reads first.

    Parameters
    ----------
    run
        A run.
    language
        Language of the lines.
    """
    return _Headline(run, language).lines()


class _Headline:
    def __init__(self, run: Run, language: Language) -> None:
        self.whole = run
        self.run = last_of(run)
        self.language = language
        self.figures: Mapping[str, Any] = self.run.record["metrics"]

    def say(self, text: Text, **values: Any) -> str:  # noqa: ANN401
        return text.render(self.language, **values)

    def lines(self) -> list[str]:
        record, figures = self.run.record, self.figures
        lines = []
        several = bool(self.whole.case.later)
        alone = [] if self.whole.compared else [self.say(NOT_COMPARED)]
        if record["unserved_share"] > 0.0:
            lines.append(
                unserved_line(self.whole, self.language) if several else self._unserved_line()
            )
        valued = self.whole.compared and not several
        lines.extend(release_lines(self.run, self.language, valued=valued))
        lines.append(
            self.say(
                PROOF_OF_EACH
                if not self._minimises_cost_first()
                else (PROOF_OF_PERIODS if several else PROOF),
                status=STATUSES[record["status"]],
                gap_location=record["gap_location"],
                gap=record["gap_yuan"] / 1e6,
                checks=record["verification"]["checks"],
                failed=record["verification"]["violations"],
            )
        )
        lines += self._objective_lines()
        if several:
            return [*lines, *by_year_lines(self.whole, self.language), *alone]
        lines.append(
            self.say(
                Text(
                    "cost {total:,.0f} million yuan a year: {location:,.0f} for electricity, "
                    "build, network and contracts, {accelerators:,.0f} for accelerators",
                    "年成本 {total:,.0f} 百万元：电力、建设、网络与合同 {location:,.0f}，"
                    "加速卡 {accelerators:,.0f}",
                ),
                total=figures["total_cost"],
                location=figures["location_cost"],
                accelerators=figures["accelerator_cost"],
            )
        )
        lines.append(
            self.say(
                Text(
                    "mean IT load {it:,.0f} MW with idle power, {west:.1%} of the energy in "
                    "the west; new IT power "
                    "{new:,.0f} MW, {west_new:.1%} of it in the west",
                    "平均 IT 负荷 {it:,.0f} 兆瓦（含空载），其中西部电量占 {west:.1%}；新建 IT "
                    "功率 {new:,.0f} 兆瓦，"
                    "其中西部占 {west_new:.1%}",
                ),
                it=figures["it_mw"],
                west=figures["west_share"],
                new=figures["new_it_mw"],
                west_new=figures["west_share_of_new"],
            )
        )
        lines.append(
            self.say(
                Text(
                    "emissions {location:,.0f} kt CO2 a year location-based, {market:,.0f} "
                    "market-based, {hourly:,.0f} hourly-matched; green power {contract:.1%} by "
                    "contract, {physical:.1%} physical, {matched:.1%} matched in its own hour "
                    "({matched_grid:.1%} with the grid's share)",
                    "年排放 {location:,.0f} 千吨 CO2（基于位置）、{market:,.0f} 千吨（基于市场）、"
                    "{hourly:,.0f} 千吨（逐时匹配）；绿电占比：合同 {contract:.1%}，物理 "
                    "{physical:.1%}，逐时匹配 {matched:.1%}（计入电网绿电 {matched_grid:.1%}）",
                ),
                location=figures["location_kt"],
                market=figures["market_kt"],
                hourly=figures["hourly_kt"],
                matched=figures["hourly_green_share"],
                matched_grid=figures["hourly_green_share_with_grid"],
                contract=figures["contractual_green_share"],
                physical=figures["physical_green_share"],
            )
        )
        if len(self.run.findings["bandwidth_effect"]):
            lines.append(self._bandwidth_line())
        return [*lines, *alone]

    def _minimises_cost_first(self) -> bool:
        # Runs of an older version state no objectives: cost was the only one.
        return all(item.name == "cost" for item in self.whole.plan.objectives[:1])

    def _objective_lines(self) -> list[str]:
        """Return a line for each objective, unless the whole cost is the only one."""
        objectives = self.whole.plan.objectives
        if [(item.name, item.boundary) for item in objectives] in ([], [("cost", "it")]):
            return []
        lines = []
        for number, item in enumerate(objectives, start=1):
            title = self.say(OBJECTIVES[item.name])
            if item.boundary:
                title += f" ({self.say(BOUNDARIES[item.boundary])})"
            line = self.say(
                Text(
                    "objective {number}, {title}: {value:,.1f} {unit} a year, no plan that keeps "
                    "to those before it has less than {bound:,.1f}",
                    "目标 {number}，{title}：每年 {value:,.1f} {unit}；"
                    "满足前序目标的方案不可能低于 {bound:,.1f}",
                ),
                number=number,
                title=title,
                value=item.value,
                unit=OBJECTIVE_UNITS[item.name],
                bound=item.bound,
            )
            if item.recounted is not None:
                line += self.say(
                    Text(
                        "; re-counted from the plan of least cost with accelerators: {base:,.1f}",
                        "；按含加速卡的最低成本方案重新计算为 {base:,.1f}",
                    ),
                    base=item.recounted,
                )
            lines.append(line)
        return lines

    def _bandwidth_line(self) -> str:
        effect = self.run.findings["bandwidth_effect"].iloc[0]
        return self.say(
            Text(
                "bandwidth at {factor:g} times its price moves {moved:.1%} of the IT energy to "
                "other sites and raises the least cost by {rise:,.0f} million yuan a year "
                "({share:.2%}; LP relaxation)",
                "带宽价格升至 {factor:g} 倍时，{moved:.1%} 的 IT 电量转移到其他站点，最低年成本"
                "上升 {rise:,.0f} 百万元（{share:.2%}，线性松弛）",
            ),
            factor=effect["price_factor"],
            moved=effect["moved_it_energy_share"],
            rise=effect["cost_rise_million_yuan"],
            share=effect["cost_rise_share"],
        )

    def _unserved_line(self) -> str:
        prices = self.run.findings["prices"]
        line = self.say(
            Text(
                "NOT ALL WORK IS PLACED: {share:.2%} of its value",
                "有工作未能安排：占总价值 {share:.2%}",
            ),
            share=self.run.record["unserved_share"],
        )
        if prices.empty:
            return line
        worst = prices.sort_values(["saving_million_yuan", "limit", "place"]).iloc[-1]
        return line + self.say(
            Text(
                "; dearest limit {limit} {place}, worth {value:,.2f} million yuan a year for each "
                "unit",
                "；最紧的限值为 {limit} {place}，每放宽一个单位每年值 {value:,.2f} 百万元",
            ),
            limit=worst["limit"],
            place=worst["place"],
            value=float(worst["saving_million_yuan"]),
        )
