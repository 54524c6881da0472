"""The result table of paths, and the tables of what other networks would change."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, flag, integer, number, text

_NETWORKS: Final = (
    ("optical", "optical network", "全光网"),
    ("ip_private", "private IP network", "IP 专网"),
    ("public", "public network", "公网"),
)

PATHS: Final = Table(
    "paths",
    Text(
        "traffic between one node and one site over one path of the backbone",
        "一个节点与一个站点之间经一条骨干路径的流量",
    ),
    key=("node", "site", "protection", "path"),
    columns=(
        text("node", "where the traffic or the data start", "流量或数据的起点"),
        text("site", "site", "站点"),
        text(
            "protection",
            "1+1 if the traffic is carried twice, over two paths without a common link",
            "1+1 表示经两条无公共链路的路径同时承载",
            allowed=("none", "1+1"),
        ),
        integer("path", "1", "place among the paths of the pair by length", "按长度排序的路径序号"),
        text("links", "links along the path, joined by ;", "路径经过的链路，以 ; 连接"),
        number("fibre_km", "km", "fibre length", "光缆长度"),
        *(
            number(
                f"one_way_mean_ms_{kind}",
                "ms",
                f"mean time in one direction, {en}, access not counted",
                f"{zh}单向平均时延（不含接入）",
            )
            for kind, en, zh in _NETWORKS
        ),
        *(
            number(
                f"rtt_p99_ms_{kind}",
                "ms",
                f"round trip at the 99th percentile, {en}, access not counted",
                f"{zh} 99 分位往返时延（不含接入）",
            )
            for kind, en, zh in _NETWORKS
        ),
        number("flow_gbps", "Gbit/s", "flow in the peak hour", "高峰流量"),
    ),
    has_provenance=False,
)

LINK_FAILURES: Final = Table(
    "link_failures",
    Text("one backbone link out of service", "一条骨干链路中断"),
    key=("link",),
    columns=(
        text("link", "link", "链路"),
        number(
            "lost_share",
            "1",
            "share of the traffic on the backbone that crosses the link and is carried once",
            "经该链路且未受 1+1 保护的流量占骨干流量的比例",
        ),
        number(
            "cut_off_share",
            "1",
            "share of that traffic for which there is no way round",
            "无其他路径可绕行的流量占骨干流量的比例",
        ),
        number(
            "overload_gbps",
            "Gbit/s",
            "largest excess over the capacity of another link if the rest takes the shortest way "
            "round",
            "其余流量绕行最短路径时其他链路的最大超载",
        ),
        flag(
            "fits",
            "whether all lost traffic fits on the shortest ways round",
            "全部受影响流量能否经最短绕行路径承载",
        ),
    ),
    has_provenance=False,
)

BANDWIDTH_EFFECT: Final = Table(
    "bandwidth_effect",
    Text(
        "the least cost (LP relaxation) with dearer bandwidth beside that of the case",
        "带宽涨价后的最低成本（线性松弛）与原算例的比较",
    ),
    key=("price_factor",),
    columns=(
        number("price_factor", "1", "factor on leases and upgrades", "租用与扩容价格倍数"),
        number(
            "network_million_yuan",
            "million yuan/year",
            "leases and upgrades at the prices of the case",
            "原价格下的租用与扩容费用",
        ),
        number(
            "network_after_million_yuan",
            "million yuan/year",
            "leases and upgrades of the dearer optimum, at its prices",
            "涨价后最优解的租用与扩容费用（按涨价后价格）",
        ),
        number(
            "cost_rise_million_yuan",
            "million yuan/year",
            "rise of the least cost",
            "最低成本的上升",
        ),
        number("cost_rise_share", "1", "of it over the least cost", "占最低成本的比例"),
        number(
            "moved_it_energy_share",
            "1",
            "share of the IT energy that is used at another site",
            "改由其他站点承担的 IT 电量占比",
        ),
    ),
    has_provenance=False,
)
