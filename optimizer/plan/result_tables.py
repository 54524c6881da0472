"""The tables of a plan: columns, units and meaning, in the order in which they are written."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from optimizer.labels import Text
from optimizer.plan.campus_table import CAMPUSES
from optimizer.plan.hour_tables import HOUR_TABLES
from optimizer.plan.path_tables import BANDWIDTH_EFFECT, LINK_FAILURES, PATHS
from optimizer.plan.queueing_tables import POOL_RESERVES, POOLS
from optimizer.plan.release_tables import ACCELERATOR_VALUES, RELEASE_TABLES
from optimizer.plan.reliability_tables import PROTECTION_LEVELS, RELIABILITY_TABLES
from optimizer.plan.split_tables import SPLIT_PARTS, SPLIT_RUNS
from optimizer.tables.schema import Column, Table, flag, integer, number, text


def _result(name: str, en: str, zh: str, key: tuple[str, ...], *columns: object) -> Table:
    return Table(
        name,
        Text(en, zh),
        key=key,
        columns=columns,  # type: ignore[arg-type]
        has_provenance=False,
    )


def _optional(name: str, unit: str, en: str, zh: str) -> Column:
    return number(name, unit, en, zh, required=False, minimum=None)


_SITE = text("site", "site", "站点")
_SERVICE = text("service", "service", "服务")
_ACCELERATOR = text("accelerator", "accelerator", "加速卡")
_MODULE = text("module", "module", "模块")

PLACEMENTS: Final = _result(
    "placements",
    "one region's demand for one service served at one site",
    "一个地区的一类服务由一个站点承担的部分",
    ("region", "service", "site"),
    text("region", "region", "地区"),
    _SERVICE,
    _SITE,
    number("share", "1", "share of the region's demand", "占该地区需求比例"),
    number("requests_million_per_day", "million/day", "requests served", "日均请求数（百万）"),
    number(
        "rtt_p99_ms",
        "ms",
        "round trip at the 99th percentile, access included",
        "99 分位往返时延（含接入）",
    ),
    number(
        "budget_ms",
        "ms",
        "network budget; empty without a target",
        "网络时延预算，无目标为空",
        required=False,
    ),
    number("peak_gbps", "Gbit/s", "data rate in the peak hour", "高峰小时带宽"),
)
UNSERVED: Final = _result(
    "unserved",
    "demand of one region for one service left unserved",
    "一个地区一类服务未被满足的需求",
    ("region", "service"),
    text("region", "region", "地区"),
    _SERVICE,
    number("share", "1", "share of the region's demand", "占该地区需求比例"),
    number(
        "requests_million_per_day",
        "million/day",
        "requests not served",
        "未满足的日均请求数（百万）",
    ),
    number("value_million_yuan", "million yuan/year", "their value", "价值"),
)
SERVICE_ACCELERATORS: Final = _result(
    "service_accelerators",
    "accelerators that one service keeps busy at one site",
    "一类服务在一个站点占用的加速卡",
    ("service", "site", "accelerator"),
    _SERVICE,
    _SITE,
    _ACCELERATOR,
    number("busy_accelerators", "1", "mean number busy", "平均占用数"),
    number(
        "requests_million_per_day", "million/day", "requests served on them", "日均请求数（百万）"
    ),
)
RUNS: Final = _result(
    "runs",
    "training runs of one job at one site",
    "一个训练任务在一个站点的运行",
    ("job", "site", "accelerator", "start_month", "gang"),
    text("job", "job", "任务"),
    _SITE,
    _ACCELERATOR,
    integer("start_month", "1", "month of the start", "开始月份"),
    integer("gang", "1", "accelerators of one run", "单次卡数"),
    number("runs", "1", "number of runs", "运行次数"),
    number("duration_days", "day", "length of one run", "单次时长（天）"),
    number("goodput", "1", "share of time in which a run progresses", "有效训练时间比例"),
    number("it_mw", "MW", "IT power of all runs while active", "运行时 IT 功率"),
    number("dataset_gbps", "Gbit/s", "circuit for the data sets", "数据集专线带宽"),
)
UNPLACED: Final = _result(
    "unplaced",
    "runs of one job left out",
    "未安排的训练任务",
    ("job",),
    text("job", "job", "任务"),
    number("runs", "1", "number of runs", "次数"),
    number("value_million_yuan", "million yuan", "their value", "价值"),
)
ACCELERATORS: Final = _result(
    "accelerators",
    "accelerators of one type at one site",
    "一个站点的一种加速卡",
    ("site", "accelerator"),
    _SITE,
    _ACCELERATOR,
    number("fleet", "1", "installed before", "已装数量"),
    number("bought", "1", "bought", "采购数量"),
    number("services_peak", "1", "needed by services in their worst hour", "服务最高小时需求"),
    number("gangs_peak", "1", "needed by training in its fullest month", "训练最满月份需求"),
    number("busy_mean", "1", "mean number busy over the year", "年均占用数"),
    number("utilisation", "1", "busy over installed", "算卡利用率"),
)
BUILDS: Final = _result(
    "builds",
    "power of one module type at one site",
    "一个站点的一种模块",
    ("site", "module"),
    _SITE,
    _MODULE,
    text("kind", "existing or new", "已有或新建"),
    number("modules", "1", "number of new modules", "新建数量"),
    number("it_mw", "MW", "IT power", "IT 功率"),
    number(
        "used_mw", "MW", "nameplate IT power of the accelerators in it", "其中加速卡额定 IT 功率"
    ),
    number("design_pue", "1", "PUE of the design day", "设计日 PUE"),
    number("annual_pue", "1", "PUE over the year at this load", "年均 PUE（按实际负荷）"),
)
LOADS: Final = _result(
    "loads",
    "mean IT load of one profile in one module type",
    "一种负荷曲线在一种模块中的平均 IT 负荷",
    ("site", "profile", "module"),
    _SITE,
    text("profile", "profile", "负荷曲线"),
    _MODULE,
    number(
        "mean_mw",
        "MW",
        "mean over the year, or over its typical day for training",
        "平均值（训练为所在典型日平均）",
    ),
)
ENERGY_BY_HOUR: Final = _result(
    "energy_by_hour",
    "load of one site in one hour of one typical day",
    "一个站点一个典型日一个小时的负荷",
    ("site", "typical_day", "hour"),
    _SITE,
    text("typical_day", "typical day", "典型日"),
    integer("hour", "1", "hour", "小时"),
    number("it_mw", "MW", "IT load", "IT 负荷"),
    number("meter_mw", "MW", "load at the meter, shifts counted", "计量点负荷（含移动负荷）"),
    number("own_mw", "MW", "own generation used", "自用发电"),
    number("charge_mw", "MW", "taken by batteries", "储能充电"),
    number("discharge_mw", "MW", "given by batteries", "储能放电"),
    number("import_mw", "MW", "taken from the grid", "网购功率"),
    number("price_yuan_per_kwh", "yuan/kWh", "energy price", "电价"),
)
LINKS: Final = _result(
    "links",
    "use of one backbone link",
    "一条骨干链路的使用",
    ("link",),
    text("link", "link", "链路"),
    number("flow_gbps", "Gbit/s", "peak flow", "高峰流量"),
    number("spare_gbps", "Gbit/s", "spare existing capacity", "现有空余容量"),
    number("leased_gbps", "Gbit/s", "leased", "租用"),
    number("upgrades", "1", "upgrades", "扩容次数"),
)
CONTRACTS: Final = _result(
    "contracts",
    "energy of one green contract at one site",
    "一个站点的一种绿电合同电量",
    ("contract", "site"),
    text("contract", "contract", "合同"),
    _SITE,
    number("energy_gwh", "GWh/year", "energy", "电量"),
)
LEDGERS: Final = _result(
    "ledgers",
    "energy and emissions of one site",
    "一个站点的电量与排放",
    ("site",),
    _SITE,
    number("it_gwh", "GWh/year", "IT energy", "IT 电量"),
    number("meter_gwh", "GWh/year", "energy at the meter", "计量点电量"),
    number("new_meter_gwh", "GWh/year", "of it in new modules", "其中新建模块"),
    number("import_gwh", "GWh/year", "taken from the grid", "网购电量"),
    number("own_gwh", "GWh/year", "own generation used", "自用发电量"),
    number("export_gwh", "GWh/year", "own generation sent to the grid", "上网电量"),
    number("claimed_gwh", "GWh/year", "covered by green contracts", "绿电合同电量"),
    number(
        "matched_gwh",
        "GWh/year",
        "load met by own or traded green power of the same hour",
        "同一小时内由自有或交易绿电满足的电量",
    ),
    number("location_kt", "kt CO2/year", "location-based emissions", "基于位置的排放"),
    number("market_kt", "kt CO2/year", "market-based emissions", "基于市场的排放"),
    number(
        "hourly_kt",
        "kt CO2/year",
        "emissions of the load that no green power of its hour meets",
        "逐时匹配后剩余电量的排放",
    ),
    number(
        "hourly_green_share",
        "1",
        "matched over metered energy",
        "逐时匹配绿电占比（不计电网绿电）",
    ),
    number(
        "hourly_green_share_with_grid",
        "1",
        "the same with the grid's renewable share of the rest",
        "逐时匹配绿电占比（计入电网绿电）",
    ),
    number("contractual_green_share", "1", "claimed over metered energy", "合同绿电占比"),
    number(
        "physical_green_share",
        "1",
        "renewable share of the province's consumption",
        "物理绿电占比（所在省份）",
    ),
    number("water_m3", "m3/year", "water for cooling", "冷却耗水"),
)
COSTS: Final = _result(
    "costs",
    "one cost term at one place",
    "一个地点的一项成本",
    ("term", "place"),
    text("term", "cost term", "成本项"),
    text("place", "site, link, or national", "站点、链路或全国"),
    number("million_yuan", "million yuan/year", "yearly cost", "年成本", minimum=None),
)
SITES: Final = _result(
    "sites",
    "what one site carries",
    "一个站点的承载情况",
    ("site",),
    _SITE,
    number("training_mw", "MW", "mean IT load of training", "训练平均 IT 负荷"),
    number("inference_mw", "MW", "mean IT load of services", "推理平均 IT 负荷"),
    number("batch_mw", "MW", "mean IT load of batch work", "批处理平均 IT 负荷"),
    number("idle_mw", "MW", "mean IT load of idle power", "空载平均 IT 负荷"),
    number("nameplate_mw", "MW", "nameplate IT power of the accelerators", "加速卡额定 IT 功率"),
    number("new_it_mw", "MW", "new IT power", "新建 IT 功率"),
    number("rack_utilisation", "1", "occupied and placed over existing and new IT power", "上架率"),
    number(
        "new_rack_utilisation",
        "1",
        "placed over new IT power; empty without build",
        "新建上架率",
        required=False,
    ),
    number(
        "accelerator_utilisation",
        "1",
        "busy over installed accelerators",
        "算卡利用率",
        required=False,
    ),
    number("load_factor", "1", "mean IT load over nameplate", "负载率", required=False),
    number("meter_gwh", "GWh/year", "energy at the meter", "计量点电量"),
    number(
        "mean_price_yuan_per_kwh",
        "yuan/kWh",
        "energy cost over energy",
        "平均电量电价",
        required=False,
    ),
    number("cost_million_yuan", "million yuan/year", "cost at the site", "站点年成本"),
    number("location_kt", "kt CO2/year", "location-based emissions", "基于位置的排放"),
    number("contractual_green_share", "1", "contractual green share", "合同绿电占比"),
)
POLICIES: Final = _result(
    "policies",
    "one policy row and how far it is from its limit",
    "一条政策约束与其限值的距离",
    ("policy", "row"),
    text("policy", "policy", "政策"),
    text("row", "site, site and module, or national", "站点、站点与模块或全国"),
    text("unit", "unit of activity and limit", "单位"),
    number("activity", "see unit", "left-hand side", "实际值", minimum=None),
    number("limit", "see unit", "limit", "限值", minimum=None),
    number(
        "slack",
        "see unit",
        "distance to the limit, negative if a soft row is broken",
        "距限值",
        minimum=None,
    ),
    flag("binding", "whether the row binds", "是否起约束作用"),
)

RESULT_TABLES: Final = MappingProxyType(
    {
        table.name: table
        for table in (
            PLACEMENTS,
            UNSERVED,
            *RELEASE_TABLES,
            SERVICE_ACCELERATORS,
            RUNS,
            SPLIT_RUNS,
            SPLIT_PARTS,
            UNPLACED,
            ACCELERATORS,
            POOLS,
            POOL_RESERVES,
            *RELIABILITY_TABLES,
            BUILDS,
            LOADS,
            ENERGY_BY_HOUR,
            PATHS,
            LINKS,
            CONTRACTS,
            LEDGERS,
            COSTS,
            SITES,
            POLICIES,
            *HOUR_TABLES,
        )
    }
)

PRICES: Final = _result(
    "prices",
    "what one more unit of a limit saves while the builds stay",
    "在现有建设下，每放宽一个单位限值所节省的费用",
    ("limit", "place"),
    text("limit", "limit", "限值"),
    text("place", "what the limit belongs to", "限值所属"),
    text("unit", "unit of the limit", "限值单位"),
    number("saving_million_yuan", "million yuan/year", "saved by one more unit", "每单位节省"),
)
BASELINES: Final = _result(
    "baselines",
    "the plan beside one rule of thumb; numbers are empty if the rule gives no plan",
    "方案与一种经验规则的比较；该规则无可行方案时数值为空",
    ("rule",),
    text("rule", "rule", "规则"),
    _optional(
        "least_cost_million_yuan",
        "million yuan/year",
        "lower bound of the yearly cost by the rule (LP relaxation)",
        "按规则年成本的下界（线性松弛）",
    ),
    _optional(
        "facility_million_yuan",
        "million yuan/year",
        "of it without accelerators",
        "其中不含加速卡部分",
    ),
    _optional(
        "undone_million_yuan",
        "million yuan/year",
        "value of the work that the rule leaves undone; its cost is then not comparable",
        "该规则未能安排的工作价值；此时成本不可比",
    ),
    _optional(
        "saving_million_yuan",
        "million yuan/year",
        "saved by the plan at least: bound of the rule less cost of the plan",
        "方案至少节省：规则成本下界减方案成本",
    ),
    _optional(
        "facility_saving_million_yuan",
        "million yuan/year",
        "of the saving, the part without accelerators",
        "其中不含加速卡的部分",
    ),
    _optional(
        "saving_yuan_per_mwh_it",
        "yuan/MWh",
        "saving for each MWh of IT energy of the plan",
        "按方案 IT 电量计的节省",
    ),
    text("switched_off", "policies the rule breaks", "规则违反的政策", required=False),
    _optional(
        "switched_off_worth_million_yuan",
        "million yuan/year",
        "fall of the plan's least cost (LP) without those policies too",
        "方案也取消这些政策时最低成本（LP）的下降",
    ),
    flag("verified", "whether the relaxed plan passed the verification", "松弛方案是否通过核验"),
)
ACTIVITY: Final = _result(
    "activity",
    "one row block or cost term of the formulation",
    "一组约束或一项成本的活动情况",
    ("block", "row"),
    text("block", "block", "模块"),
    text("row", "rows or cost term", "约束或成本项"),
    number("rows", "1", "rows", "约束数"),
    number("binding", "1", "rows that bind", "起作用的约束数"),
    number("million_yuan", "million yuan/year", "cost", "成本", minimum=None),
)
POLICY_EFFECTS: Final = _result(
    "policy_effects",
    "one policy switched off alone",
    "单独取消一项政策的影响",
    ("policy",),
    text("policy", "policy", "政策"),
    number(
        "saving_million_yuan",
        "million yuan/year",
        "fall of the least cost (LP) without it, negative for a subsidy",
        "取消后最低成本（LP）的下降，补贴为负",
        minimum=None,
    ),
    _optional(
        "slack",
        "see unit",
        "least distance of the plan to a limit; empty if the policy forbids nothing on offer",
        "距限值最小距离；无可约束对象时为空",
    ),
    text("unit", "unit of the slack", "单位"),
)
NEAR_OPTIMAL: Final = _result(
    "near_optimal",
    "new IT power of one cluster over all plans that cost almost the same",
    "成本几乎相同的全部方案中一个集群的新建 IT 功率范围",
    ("site",),
    _SITE,
    number("new_it_mw", "MW", "in the plan", "本方案"),
    number(
        "least_mw",
        "MW",
        "least within +0.5 % of the facility cost (LP)",
        "最小（设施成本 +0.5% 以内，LP）",
    ),
    number(
        "most_mw",
        "MW",
        "most within +0.5 % of the facility cost (LP)",
        "最大（设施成本 +0.5% 以内，LP）",
    ),
)
FINDING_TABLES: Final = MappingProxyType(
    {
        table.name: table
        for table in (
            BASELINES,
            PRICES,
            ACTIVITY,
            POLICY_EFFECTS,
            ACCELERATOR_VALUES,
            CAMPUSES,
            NEAR_OPTIMAL,
            PROTECTION_LEVELS,
            BANDWIDTH_EFFECT,
            LINK_FAILURES,
        )
    }
)
"""Tables that other solves add to a plan."""
