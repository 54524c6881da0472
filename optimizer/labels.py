"""Text shown to people, always in English and in Chinese.

A :class:`Text` holds both languages of one message. Whoever raises, prints or draws a
message writes both at once, beside each other; ``tests/architecture/test_labels.py`` reads every
``Text(...)`` of the package and checks that none is empty and that both languages use
the same placeholders.
"""

from __future__ import annotations

import locale
import os
from dataclasses import dataclass
from typing import Final, Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Text:
    """One message in both languages, with ``{name}`` placeholders.

    Parameters
    ----------
    en, zh
        The message in English and in Simplified Chinese.

    Examples
    --------
    >>> Text("{n} sites", "{n} 个站点").render("zh", n=3)
    '3 个站点'
    """

    en: str
    zh: str

    def render(self, language: Language, **values: object) -> str:
        """Return the message in one language with its placeholders filled.

        A placeholder whose value is itself a :class:`Text` is rendered in the same language.
        """
        template = self.zh if language == "zh" else self.en
        if not values:
            return template
        return template.format(
            **{
                name: value.render(language) if isinstance(value, Text) else value
                for name, value in values.items()
            }
        )

    def filled(self, **values: object) -> Text:
        """Return the message with its placeholders filled in both languages.

        Examples
        --------
        >>> Text("{n} sites", "{n} 个站点").filled(n=3).en
        '3 sites'
        """
        return Text(self.render("en", **values), self.render("zh", **values))


def default_language() -> Language:
    """Return the language of the locale: Chinese if it says so, otherwise English.

    ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` are read in this order, as other tools do.
    """
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    code = locale.getlocale()[0] or ""
    return "zh" if code.lower().startswith(("zh", "chinese")) else "en"


SIDES: Final[dict[str, Text]] = {
    "east": Text("east", "东部"),
    "west": Text("west", "西部"),
}

WORKLOAD_KINDS: Final[dict[str, Text]] = {
    "training": Text("training", "训练"),
    "inference": Text("inference", "推理"),
    "batch": Text("batch", "批处理"),
}

CONFIDENCES: Final[dict[str, Text]] = {
    "confirmed": Text("confirmed", "已核实"),
    "secondary": Text("secondary", "二手来源"),
    "estimate": Text("estimate", "推算"),
    "assumption": Text("assumption", "假设"),
}

COST_TERMS: Final[dict[str, Text]] = {
    "accelerators": Text("accelerators", "加速卡"),
    "build": Text("new modules", "新建模块"),
    "site_opening": Text("opening of sites", "新开站点"),
    "energy": Text("electricity by the hour", "电量电费"),
    "demand_charge": Text("demand charge", "需量（容量）电费"),
    "local_supply": Text("extra local supply", "本地供电加价"),
    "generation": Text("own generation", "自有发电"),
    "own_power": Text("charges on own power", "自用电量保留费用"),
    "exports": Text("power sent to the grid", "上网电量收入"),
    "batteries": Text("batteries", "储能"),
    "network_lease": Text("network lease", "链路租费"),
    "network_upgrade": Text("network upgrades", "链路扩容"),
    "service_links": Text("service link costs", "服务链路费"),
    "moving": Text("moving of workloads", "迁移成本"),
    "green_contracts": Text("green contracts", "绿电合同"),
    "carbon": Text("carbon price", "碳成本"),
    "pue_surcharge": Text("surcharge on PUE", "能效加价电费"),
    "subsidies": Text("subsidies", "补贴"),
    "policy_penalties": Text("penalties of soft policies", "软约束罚金"),
}

OBJECTIVES: Final[dict[str, Text]] = {
    "cost": Text("yearly cost", "年成本"),
    "carbon": Text("location-based emissions", "基于位置的排放"),
    "unmatched": Text("energy not matched hour by hour", "未逐时匹配绿电的电量"),
}
OBJECTIVE_UNITS: Final[dict[str, Text]] = {
    "cost": Text("million yuan", "百万元"),
    "carbon": Text("kt CO2", "千吨 CO2"),
    "unmatched": Text("GWh", "吉瓦时"),
}
BOUNDARIES: Final[dict[str, Text]] = {
    "it": Text("accelerators included", "含加速卡"),
    "facility": Text("without accelerators", "不含加速卡"),
}

BASELINE_RULES: Final[dict[str, Text]] = {
    "all_east": Text("all in the east", "全部放在东部"),
    "nearest_site": Text("nearest site first", "就近优先"),
    "cheapest_power": Text("cheapest power first", "电价优先"),
}
