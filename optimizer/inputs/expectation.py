"""What a scenario is expected to do to a figure of the plan, in a form that can be checked.

A file says, for example::

    expects:
      - {figure: west_share, direction: rises}
      - {figure: new_it_mw, site: horinger, direction: not_lower}
      - {figure: location_kt, direction: about, within: 0.01}

Figures are compared with the plan of the base case unless ``against`` names another scenario.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from optimizer.inputs.yaml_file import Strict
from optimizer.labels import Text

Direction = Literal["rises", "falls", "not_lower", "not_higher", "unchanged", "about"]

DIRECTIONS: Final[dict[Direction, Text]] = {
    "rises": Text("rises", "上升"),
    "falls": Text("falls", "下降"),
    "not_lower": Text("does not fall", "不下降"),
    "not_higher": Text("does not rise", "不上升"),
    "unchanged": Text("stays the same", "不变"),
    "about": Text("stays about the same", "基本不变"),
}

Figure = Literal[
    "total_cost",
    "location_cost",
    "accelerator_cost",
    "energy_cost",
    "build_cost",
    "network_cost",
    "contract_cost",
    "location_kt",
    "market_kt",
    "hourly_kt",
    "west_share",
    "unserved_share",
    "unserved_value",
    "it_gwh",
    "new_it_mw",
    "accelerators_bought",
]

FIGURES: Final[dict[Figure, tuple[Text, str]]] = {
    "total_cost": (Text("total cost", "总成本"), "million yuan"),
    "location_cost": (Text("location-dependent cost", "与选址有关的成本"), "million yuan"),
    "accelerator_cost": (Text("accelerators", "加速卡成本"), "million yuan"),
    "energy_cost": (Text("electricity", "电力成本"), "million yuan"),
    "build_cost": (Text("new build", "新建成本"), "million yuan"),
    "network_cost": (Text("network", "网络成本"), "million yuan"),
    "contract_cost": (Text("green contracts", "绿电合同成本"), "million yuan"),
    "location_kt": (Text("emissions, location-based", "位置法排放"), "ktCO2"),
    "market_kt": (Text("emissions, market-based", "市场法排放"), "ktCO2"),
    "hourly_kt": (Text("emissions, hourly", "逐时排放"), "ktCO2"),
    "west_share": (Text("west share", "西部占比"), "1"),
    "unserved_share": (Text("unserved share", "未满足比例"), "1"),
    "unserved_value": (Text("value of work left undone", "未完成工作的价值"), "million yuan"),
    "it_gwh": (Text("IT energy", "IT 电量"), "GWh"),
    "new_it_mw": (Text("new IT power", "新建 IT 功率"), "MW"),
    "accelerators_bought": (Text("accelerators bought", "采购加速卡"), "1"),
}
"""Name and unit of each figure that scenarios can speak of."""

FIGURES_OF_SITES: Final[tuple[Figure, ...]] = (
    "new_it_mw",
    "it_gwh",
    "location_kt",
    "market_kt",
    "hourly_kt",
)
"""Figures that can be asked of one site."""


class Expectation(Strict):
    """One figure and where it is expected to go.

    Parameters
    ----------
    figure
        One of :data:`FIGURES`.
    direction
        One of :data:`DIRECTIONS`.
    site
        Site whose figure is meant, or empty for the whole plan.
    against
        ``base``, or the name of the scenario to compare with.
    within
        For ``about`` alone: largest change, as a part of the figure compared with.
    missed
        Whether the plan is known not to do so; the scenario's finding then says why.
    """

    figure: Figure
    direction: Direction
    site: str = ""
    against: str = "base"
    within: float | None = Field(default=None, gt=0.0)
    missed: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Expectation:
        if (self.within is None) == (self.direction == "about"):
            message = "'within' belongs to the direction about, and only there"
            raise ValueError(message)
        if self.site and self.figure not in FIGURES_OF_SITES:
            message = f"figures of one site are {', '.join(FIGURES_OF_SITES)}"
            raise ValueError(message)
        return self

    @property
    def text(self) -> Text:
        """The expectation in words."""
        place = Text(" at {site}", "（{site}）").filled(site=self.site) if self.site else ""
        other = (
            ""
            if self.against == "base"
            else Text(" against {name}", "，相对 {name}").filled(name=self.against)
        )
        # A place or a scenario left out is an empty string in both languages.
        said = Text("{name}{place} {direction}{other}", "{name}{place}{direction}{other}")
        parts = {
            "name": FIGURES[self.figure][0],
            "place": place,
            "direction": DIRECTIONS[self.direction],
            "other": other,
        }
        return said.filled(**parts)
