"""Table of staged release: the user tiers of services that may be rationed."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, integer, number, text

TIERS: Final = Table(
    "tiers",
    Text(
        "one tier of users of a service that is released tier by tier",
        "分级开放的服务的一个用户层级",
    ),
    key=("service", "tier"),
    columns=(
        text("service", "service", "服务", refers_to="services"),
        integer(
            "tier",
            "1",
            "order of release, 1 is first",
            "开放次序，1 为最先",
            minimum=1,
            maximum=99,
        ),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        number(
            "share",
            "1",
            "share of the service's demand, the same in every region",
            "占该服务需求的比例，各地区相同",
            minimum=1e-4,
            maximum=1.0,
        ),
        number(
            "value_yuan_per_request",
            "yuan",
            "value of serving one request of the tier, in place of the service's own",
            "该层级单次请求价值，取代服务的单次请求价值",
            maximum=1e6,
        ),
        number(
            "minimum_served_share",
            "1",
            "least share of the tier served in every region once it is released; empty: none",
            "开放后各地区至少满足的比例，留空则不限",
            maximum=1.0,
            required=False,
        ),
        number(
            "fairness_tolerance",
            "1",
            "largest difference of the served share between any two regions; empty: any",
            "任意两地区满足比例的最大差距，留空则不限",
            maximum=1.0,
            required=False,
        ),
    ),
    may_be_absent=True,
)

RELEASE: Final = (TIERS,)
