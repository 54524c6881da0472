"""Tables of time, buildings, electricity, carbon and green power."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, flag, integer, number, text

TECHNOLOGIES: Final = ("solar", "onshore_wind", "offshore_wind")
CONTRACT_KINDS: Final = ("certificate", "green_trade", "direct_supply", "on_site")

TIMES: Final = Table(
    "times",
    Text("one hour of one typical day of one period", "一个规划期、一个典型日的一个小时"),
    key=("period", "typical_day", "hour"),
    columns=(
        integer(
            "period",
            "year",
            "year the period stands for",
            "规划期代表年",
            minimum=2000,
            maximum=2100,
        ),
        text("typical_day", "typical day", "典型日"),
        integer("hour", "1", "hour of the day, 0 to 23", "小时（0–23）", minimum=0, maximum=23),
        integer(
            "month",
            "1",
            "month whose prices and temperatures hold",
            "对应月份",
            minimum=1,
            maximum=12,
        ),
        number(
            "weight_days",
            "day",
            "days of the year the typical day stands for",
            "典型日代表的天数",
            minimum=0.001,
            maximum=366.0,
        ),
    ),
    has_provenance=False,
)

MODULES: Final = Table(
    "modules",
    Text("one type of building module", "一种机房建设模块"),
    key=("module",),
    columns=(
        text("module", "module code", "模块代码"),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        text(
            "kind",
            "power that exists (its size stands in sites) or new build",
            "已有（规模见 sites）或新建",
            allowed=("existing", "new"),
        ),
        text(
            "site_class",
            "sites that may have it",
            "适用站点",
            allowed=("cluster", "metro", "any"),
        ),
        number(
            "it_mw",
            "MW",
            "IT power of one module; 0 for existing power",
            "单模块 IT 功率；已有为 0",
            maximum=1_000.0,
        ),
        text("cooling", "cooling", "冷却方式", allowed=("air", "liquid")),
        number("pue_base", "1", "PUE on cold days", "低温期 PUE", minimum=1.0, maximum=3.0),
        number(
            "pue_slope_per_c",
            "1/degC",
            "rise of PUE above the threshold",
            "高于阈值每度 PUE 增量",
            maximum=0.1,
        ),
        number(
            "pue_threshold_c",
            "degC",
            "temperature above which PUE rises",
            "PUE 上升的起点温度",
            minimum=-50.0,
            maximum=50.0,
        ),
        number("wue_l_per_kwh", "L/kWh", "water per IT energy", "单位 IT 电量耗水", maximum=20.0),
        number(
            "capex_factor", "1", "multiplies the site's capital cost", "站点造价系数", maximum=10.0
        ),
        integer(
            "maximum_per_site", "1", "largest number at a site", "单站点最多数量", maximum=100_000
        ),
        integer(
            "minimum_per_site", "1", "smallest number at a site", "单站点最少数量", maximum=100_000
        ),
        number("life_years", "year", "life", "使用年限", minimum=0.5, maximum=60.0),
    ),
)

TARIFFS: Final = Table(
    "tariffs",
    Text(
        "one band of a tariff region and voltage in one month",
        "一个电价区、电压等级、月份的一个时段",
    ),
    key=("tariff_region", "voltage_kv", "month", "band"),
    columns=(
        text("tariff_region", "tariff region", "电价区"),
        text(
            "voltage_kv", "voltage class", "电压等级（千伏）", allowed=("1-10", "35", "110", "220")
        ),
        integer("month", "1", "month", "月份", minimum=1, maximum=12),
        text("band", "band, such as peak, flat or valley", "时段，如峰、平、谷"),
        text("hours", "clock hours, as in 0-8;22-24", "时段起止，如 0-8;22-24"),
        number(
            "price_yuan_per_kwh",
            "yuan/kWh",
            "energy price with transmission, fees and funds",
            "电度电价（含输配、系统运行费与基金）",
            maximum=5.0,
        ),
        number(
            "demand_charge_yuan_per_kw_month",
            "yuan/kW/month",
            "charge on contracted demand",
            "需量电价",
            maximum=200.0,
        ),
        number(
            "capacity_charge_yuan_per_kva_month",
            "yuan/kVA/month",
            "charge on transformer capacity",
            "容量电价",
            maximum=200.0,
        ),
        text(
            "basis", "the cheaper of both charges", "较低的计费方式", allowed=("demand", "capacity")
        ),
    ),
)

GRID: Final = Table(
    "grid",
    Text("the grid of one province in one year", "一个省份一年的电网"),
    key=("province", "year"),
    columns=(
        text("province", "province", "省份", refers_to="provinces"),
        integer("year", "year", "year of the figures", "数据年份", minimum=2000, maximum=2100),
        number(
            "green_share",
            "1",
            "renewable share of consumption",
            "可再生能源消费占比",
            maximum=1.0,
        ),
        number(
            "location_kgco2_per_kwh",
            "kg CO2/kWh",
            "location-based factor",
            "基于位置的排放因子",
            maximum=2.0,
        ),
        number(
            "residual_kgco2_per_kwh",
            "kg CO2/kWh",
            "residual factor for energy without contracts",
            "剩余混合排放因子",
            maximum=2.0,
        ),
        number("wind_curtailment", "1", "wind curtailed", "弃风率", maximum=1.0, required=False),
        number("solar_curtailment", "1", "solar curtailed", "弃光率", maximum=1.0, required=False),
    ),
)

GREEN_CONTRACTS: Final = Table(
    "green_contracts",
    Text("one contract offered at one site", "一个站点可选的一种绿电合同"),
    key=("contract", "site"),
    columns=(
        text("contract", "contract code", "合同代码"),
        text("site", "site", "站点", refers_to="sites"),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        text(
            "kind",
            "certificates and green trade are claims on grid power; direct supply comes over a "
            "line of its own, on-site generation from the site",
            "绿证、绿电交易为网购电量的权益；绿电直连经专线供电，自发为站内发电",
            allowed=CONTRACT_KINDS,
        ),
        number(
            "price_yuan_per_mwh",
            "yuan/MWh",
            "price above ordinary power, certificate included; for direct supply and on-site "
            "generation the charges kept on each MWh used",
            "相对普通电量的加价（含绿证）；绿电直连与自发为自用电量保留的输配与基金等费用",
            maximum=1000.0,
        ),
        number(
            "ceiling_gwh",
            "GWh/year",
            "largest yearly volume of claims; empty: no limit",
            "权益年度上限，留空为不限",
            maximum=1e6,
            required=False,
        ),
        flag("additional", "backed by new generation", "是否来自新增发电"),
        integer(
            "vintage_year",
            "year",
            "year in which a certificate's power was generated: it counts in that year and the "
            "next; empty: the planned year",
            "绿证对应电量的生产年份，当年与次年有效；留空为规划年",
            minimum=2000,
            maximum=2100,
            required=False,
        ),
        text(
            "technology",
            "generation behind the contract; needed for direct supply and on-site generation",
            "发电技术（绿电直连与自发必填）",
            allowed=TECHNOLOGIES,
            required=False,
        ),
        text(
            "line",
            "direct line; contracts of one site with the same line share it; empty: its own",
            "直连专线，同一站点同名合同共用；留空为独立专线",
            required=False,
        ),
        number(
            "capacity_mw",
            "MW",
            "largest generating capacity",
            "最大装机",
            maximum=50_000.0,
            required=False,
        ),
        number(
            "capex_yuan_per_kw",
            "yuan/kW",
            "capital cost of generation with its line",
            "发电及专线单位造价",
            maximum=100_000.0,
            required=False,
        ),
        number("life_years", "year", "life", "使用年限", minimum=0.5, maximum=60.0, required=False),
        number(
            "upkeep_share_per_year",
            "1/year",
            "yearly upkeep over capital cost",
            "年运维费率",
            maximum=1.0,
            required=False,
        ),
        number(
            "yield_factor",
            "1",
            "multiplies the capacity factors of the province; empty: 1",
            "对所在省份容量系数的修正，留空为 1",
            maximum=5.0,
            required=False,
        ),
        number(
            "export_price_yuan_per_mwh",
            "yuan/MWh",
            "paid for power sent to the grid; empty: none may be sent",
            "上网电价，留空表示不得上网",
            maximum=1000.0,
            required=False,
        ),
    ),
    may_be_absent=True,
)

BATTERIES: Final = Table(
    "batteries",
    Text("one battery offered at one site", "一个站点可选的一种储能"),
    key=("battery", "site"),
    columns=(
        text("battery", "battery code", "储能代码"),
        text("site", "site", "站点", refers_to="sites"),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        number("power_mw", "MW", "largest power", "最大功率", maximum=50_000.0),
        number("energy_mwh", "MWh", "largest energy", "最大容量", maximum=500_000.0),
        number(
            "capex_yuan_per_kw",
            "yuan/kW",
            "capital cost of power",
            "单位功率造价",
            maximum=100_000.0,
        ),
        number(
            "capex_yuan_per_kwh",
            "yuan/kWh",
            "capital cost of energy",
            "单位容量造价",
            maximum=100_000.0,
        ),
        number("life_years", "year", "life", "使用年限", minimum=0.5, maximum=60.0),
        number(
            "upkeep_share_per_year",
            "1/year",
            "yearly upkeep over capital cost",
            "年运维费率",
            maximum=1.0,
        ),
        number(
            "charge_efficiency",
            "1",
            "stored over taken",
            "充电效率",
            minimum=0.01,
            maximum=1.0,
        ),
        number(
            "discharge_efficiency",
            "1",
            "given over drawn from store",
            "放电效率",
            minimum=0.01,
            maximum=1.0,
        ),
    ),
    may_be_absent=True,
)

RENEWABLE_PROFILES: Final = Table(
    "renewable_profiles",
    Text(
        "one technology in one province, month and hour",
        "一个省份、一种技术、一个月、一个小时的出力",
    ),
    key=("province", "technology", "month", "hour"),
    columns=(
        text("province", "province", "省份", refers_to="provinces"),
        text("technology", "technology", "技术", allowed=TECHNOLOGIES),
        integer("month", "1", "month", "月份", minimum=1, maximum=12),
        integer("hour", "1", "hour of the day, 0 to 23", "小时（0–23）", minimum=0, maximum=23),
        number("capacity_factor", "1", "mean capacity factor", "平均容量系数", maximum=1.0),
    ),
    may_be_absent=True,
)

SUPPLY_STEPS: Final = Table(
    "supply_steps",
    Text(
        "extra price of the load of a site above a step",
        "站点负荷超过某一台阶后的加价",
    ),
    key=("site", "step"),
    columns=(
        text("site", "site", "站点", refers_to="sites"),
        integer("step", "1", "number of the step", "台阶序号", minimum=1, maximum=100),
        number(
            "above_mw",
            "MW",
            "mean load at the meter above which it is paid",
            "起付平均负荷（计量点）",
            maximum=50_000.0,
        ),
        number(
            "extra_yuan_per_kwh",
            "yuan/kWh",
            "paid on top of the steps below",
            "在前一台阶之上的加价",
            maximum=5.0,
        ),
    ),
    may_be_absent=True,
)

POWER: Final = (
    TIMES,
    MODULES,
    TARIFFS,
    GRID,
    GREEN_CONTRACTS,
    BATTERIES,
    RENEWABLE_PROFILES,
    SUPPLY_STEPS,
)
