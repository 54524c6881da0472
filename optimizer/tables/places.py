"""Tables of places and of the network between them."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, flag, integer, number, text

PROVINCES: Final = Table(
    "provinces",
    Text("one province-level unit", "一个省级行政区"),
    key=("province",),
    columns=(
        text("province", "two-letter code", "两位字母代码"),
        text("adcode", "administrative code", "行政区划代码"),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        text(
            "macro_region",
            "statistical region",
            "统计大区",
            allowed=("east", "central", "west", "northeast"),
        ),
        flag(
            "western_development",
            "one of the twelve provinces of the western development programme",
            "是否属于西部大开发十二省区市",
        ),
        number("area_km2", "km2", "land area", "陆地面积", maximum=2e6),
    ),
)

SITES: Final = Table(
    "sites",
    Text("one candidate site", "一个候选站点"),
    key=("site",),
    columns=(
        text("site", "site code", "站点代码"),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        text(
            "hub",
            "national hub whose territory holds the site",
            "所属国家枢纽节点",
            required=False,
        ),
        flag("is_cluster", "one of the national clusters", "是否国家数据中心集群"),
        text("province", "province", "省份", refers_to="provinces"),
        text("side", "east or west", "东部或西部", allowed=("east", "west")),
        number("lon", "degE", "longitude", "经度", minimum=73.0, maximum=136.0),
        number("lat", "degN", "latitude", "纬度", minimum=3.0, maximum=54.0),
        text("tariff_region", "tariff region", "电价区"),
        text(
            "voltage_kv",
            "voltage class of the tariff",
            "电压等级（千伏）",
            allowed=("1-10", "35", "110", "220"),
        ),
        text("grid_area", "grid that fails as one", "同一故障域电网"),
        number(
            "existing_it_mw",
            "MW",
            "IT power that exists",
            "已建 IT 功率",
            maximum=20_000.0,
        ),
        number(
            "occupied_it_mw",
            "MW",
            "IT load that stays where it is",
            "已占用 IT 负荷",
            maximum=20_000.0,
        ),
        number(
            "ai_ready_it_mw",
            "MW",
            "part of the free IT power that takes racks of 10 kW and more, fleets included",
            "空余 IT 功率中可承载 10 千瓦及以上机柜的部分（含已装加速卡）",
            maximum=20_000.0,
        ),
        number(
            "under_construction_it_mw",
            "MW",
            "AI-ready IT power under construction",
            "在建智算 IT 功率",
            maximum=20_000.0,
        ),
        integer(
            "under_construction_year",
            "year",
            "year from which it serves",
            "投产年份",
            minimum=2000,
            maximum=2100,
            required=False,
        ),
        number(
            "ceiling_mw",
            "MW",
            "ceiling of the whole site at the meter",
            "站点电力上限（计量点）",
            maximum=50_000.0,
        ),
        number(
            "build_limit_mw",
            "MW",
            "new IT power that can be added in a year",
            "年度新增 IT 功率上限",
            maximum=20_000.0,
        ),
        number(
            "capex_yuan_per_kw",
            "yuan/kW",
            "capital cost of new IT power without servers",
            "新建机房单位造价（不含服务器）",
            maximum=100_000.0,
        ),
        number(
            "fixed_cost_million_yuan_per_year",
            "million yuan/year",
            "yearly cost of opening new build at the site",
            "新开建设年固定成本",
            maximum=10_000.0,
        ),
        number("lead_time_years", "year", "time from order to service", "建设周期", maximum=10.0),
        number(
            "design_temperature_c",
            "degC",
            "dry-bulb temperature of the design day",
            "设计日干球温度",
            minimum=-20.0,
            maximum=50.0,
        ),
        integer(
            "largest_gang",
            "1",
            "most accelerators that one training run can join at the site",
            "单次训练可在该站点互联的最多加速卡数",
            maximum=10_000_000,
        ),
    ),
)

CLIMATE: Final = Table(
    "climate",
    Text("one site in one month", "一个站点的一个月"),
    key=("site", "month"),
    columns=(
        text("site", "site", "站点", refers_to="sites"),
        integer("month", "1", "month", "月份", minimum=1, maximum=12),
        number(
            "mean_temperature_c",
            "degC",
            "mean dry-bulb temperature",
            "平均干球温度",
            minimum=-40.0,
            maximum=45.0,
        ),
    ),
)

REGIONS: Final = Table(
    "regions",
    Text("one region where inference demand arises", "一个推理需求地区"),
    key=("region",),
    columns=(
        text("region", "region code", "地区代码"),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        text("province", "province", "省份", refers_to="provinces"),
        text(
            "node",
            "site at which the region meets the network",
            "接入骨干网的站点",
            refers_to="sites",
        ),
        number("lon", "degE", "longitude", "经度", minimum=73.0, maximum=136.0),
        number("lat", "degN", "latitude", "纬度", minimum=3.0, maximum=54.0),
        number("population", "persons", "residents", "常住人口", maximum=2e9),
        number(
            "gdp_100m_yuan",
            "100 million yuan",
            "gross domestic product",
            "地区生产总值",
            maximum=1e7,
        ),
        number(
            "mobile_traffic_100m_gb",
            "100 million GB",
            "mobile internet traffic",
            "移动互联网流量",
            maximum=1e5,
        ),
        number(
            "online_share",
            "1",
            "share of national online demand",
            "线上需求占全国比重",
            maximum=1.0,
        ),
        number(
            "access_rtt_min_ms",
            "ms",
            "round trip of the nearest users to the node",
            "距节点最近用户的往返时延",
            maximum=50.0,
        ),
        number(
            "access_rtt_p99_ms",
            "ms",
            "round trip of the 99th percentile of users to the node",
            "99 分位用户至节点的往返时延",
            maximum=100.0,
        ),
    ),
)

LINKS: Final = Table(
    "links",
    Text("one edge of the backbone", "一条骨干链路"),
    key=("link",),
    columns=(
        text("link", "link code", "链路代码"),
        text("from_site", "one end", "一端", refers_to="sites"),
        text("to_site", "other end", "另一端", refers_to="sites"),
        number("fibre_km", "km", "fibre length", "光缆长度", maximum=10_000.0),
        number("capacity_gbps", "Gbit/s", "capacity per direction", "单向容量", maximum=1e6),
        number("used_share", "1", "share in use by others", "已用比例", maximum=1.0),
        number(
            "lease_yuan_per_gbps_year",
            "yuan/(Gbit/s)/year",
            "lease of one Gbit/s for a year",
            "每 Gbit/s 年租费",
            maximum=1e8,
        ),
        number("upgrade_step_gbps", "Gbit/s", "size of one upgrade", "单次扩容容量", maximum=1e5),
        integer(
            "upgrade_maximum_steps",
            "1",
            "largest number of upgrades",
            "最大扩容次数",
            maximum=10_000,
        ),
        number(
            "upgrade_capex_million_yuan",
            "million yuan",
            "capital cost of one upgrade",
            "单次扩容投资",
            maximum=1e5,
        ),
        number(
            "upgrade_running_million_yuan_per_year",
            "million yuan/year",
            "running cost of one upgrade",
            "单次扩容年运行费",
            maximum=1e5,
        ),
    ),
)

LATENCY: Final = Table(
    "latency",
    Text("one measured or stated round trip", "一条实测或公布的往返时延"),
    key=("origin", "site", "network"),
    columns=(
        text("origin", "site or region node where it starts", "起点站点", refers_to="sites"),
        text("site", "site where it ends", "终点站点", refers_to="sites"),
        text(
            "network",
            "kind of network",
            "网络类型",
            allowed=("optical", "ip_private", "public"),
        ),
        number(
            "rtt_ms",
            "ms",
            "round trip without user access",
            "往返时延（不含用户接入）",
            maximum=500.0,
        ),
        text("percentile", "what the figure is", "统计口径", allowed=("mean", "p99")),
    ),
    may_be_absent=True,
)

LINK_COSTS: Final = Table(
    "link_costs",
    Text(
        "cost of serving a region from a site, instead of the network lease",
        "由某站点服务某地区的单位成本（替代链路租费）",
    ),
    key=("region", "site"),
    columns=(
        text("region", "region", "地区", refers_to="regions"),
        text("site", "site", "站点", refers_to="sites"),
        number(
            "yuan_per_million_requests",
            "yuan/million requests",
            "cost of a million requests",
            "每百万次请求成本",
            maximum=1e12,
        ),
    ),
    may_be_absent=True,
)

PLACES: Final = (PROVINCES, SITES, CLIMATE, REGIONS, LINKS, LATENCY, LINK_COSTS)
