"""Tables of demand: services, training jobs, and the accelerators that serve them."""

from __future__ import annotations

from typing import Final

from optimizer.labels import Text
from optimizer.tables.schema import Table, flag, integer, number, text

SERVICES: Final = Table(
    "services",
    Text("one class of divisible inference demand", "一类可分割的推理需求"),
    key=("service",),
    columns=(
        text("service", "service code", "服务代码"),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        text(
            "kind",
            "interactive, or batch work without a latency target",
            "在线服务或无时延要求的批处理",
            allowed=("interactive", "batch"),
        ),
        text(
            "request_unit",
            "what one request is",
            "一次请求的含义",
            allowed=("request", "image", "clip", "stream_second"),
        ),
        number(
            "target_ms",
            "ms",
            "end-to-end or first-token target at the 99th percentile; empty if there is none",
            "端到端或首字时延目标（99 分位），无目标则留空",
            maximum=1e7,
            required=False,
        ),
        text(
            "target_kind",
            "what the target limits",
            "目标口径",
            allowed=("first_token", "end_to_end", "none"),
        ),
        number(
            "compute_p99_ms",
            "ms",
            "part of the target that computing takes at the 99th percentile",
            "目标中计算所占时间（99 分位）",
            maximum=1e7,
        ),
        integer(
            "round_trips",
            "1",
            "network round trips of one request, connection set-up and chained calls counted",
            "单次请求的网络往返次数（含建连与串联调用）",
            minimum=1,
            maximum=1000,
        ),
        text(
            "network",
            "kind of network that carries it",
            "承载网络类型",
            allowed=("optical", "ip_private", "public"),
        ),
        number(
            "requests_per_s",
            "1/s",
            "national annual mean",
            "全国年均请求率",
            maximum=1e10,
        ),
        number(
            "growth_per_year",
            "1",
            "factor of the yearly growth of requests",
            "请求量年增长倍数",
            maximum=100.0,
        ),
        number("input_tokens", "tokens", "mean input of a request", "平均输入词元数", maximum=1e7),
        number(
            "output_tokens", "tokens", "mean output of a request", "平均输出词元数", maximum=1e7
        ),
        number(
            "bytes_in_per_request",
            "bytes",
            "bytes from user to site",
            "上行字节数",
            maximum=1e12,
        ),
        number(
            "bytes_out_per_request",
            "bytes",
            "bytes from site to user",
            "下行字节数",
            maximum=1e12,
        ),
        text("profile", "profile of the load over the day", "负荷曲线"),
        text(
            "region_weight",
            "what divides the demand over the regions",
            "需求在各地区的分摊依据",
            allowed=("online", "population", "gdp"),
        ),
        text(
            "residency",
            "where the data must stay",
            "数据驻留要求",
            allowed=("none", "province"),
        ),
        flag("single_source", "each region is served by one site", "每个地区只由一个站点服务"),
        number(
            "flexible_share",
            "1",
            "share of the load that batch work may shift within the day; empty: none",
            "批处理可在日内移动的负荷比例，留空为不可移动",
            maximum=1.0,
            required=False,
        ),
        number(
            "protected_share",
            "1",
            "share that must survive the loss of a site",
            "站点失效时须保障的比例",
            maximum=1.0,
        ),
        number(
            "failover_target_ms",
            "ms",
            "target while a backup site serves after a failure; empty: failover_budget_factor "
            "times the normal target",
            "失效后由备份站点服务时的时延目标；留空则为正常目标乘以 failover_budget_factor",
            maximum=1e7,
            required=False,
        ),
        integer("tier", "1", "priority, 1 is first", "优先级，1 为最高", minimum=1, maximum=99),
        number(
            "value_yuan_per_request",
            "yuan",
            "value of serving one request; decides who is served when not all can be",
            "单次请求价值，用于供给不足时的取舍",
            maximum=1e6,
        ),
        text(
            "pool",
            "pool of services that share a fleet with a reserve for queueing; rates are then those "
            "at saturation; empty: no reserve",
            "共用加速卡并预留排队裕量的资源池，此时吞吐为饱和值；留空则不预留",
            required=False,
        ),
        integer(
            "expected_pools",
            "1",
            "sites expected to serve it, where it has a pool",
            "预计承载该服务的站点数（有资源池时填写）",
            minimum=1,
            maximum=10_000,
            required=False,
        ),
        text(
            "path_protection",
            "1+1: traffic is carried twice, over two paths without a common link; empty: once",
            "1+1 表示经两条无公共链路的路径同时承载，留空为单路径",
            allowed=("none", "1+1"),
            required=False,
        ),
    ),
)

SERVICE_RATES: Final = Table(
    "service_rates",
    Text("one service on one accelerator", "一类服务在一种加速卡上的吞吐"),
    key=("service", "accelerator"),
    columns=(
        text("service", "service", "服务", refers_to="services"),
        text("accelerator", "accelerator", "加速卡", refers_to="accelerators"),
        number(
            "prefill_tokens_per_s",
            "tokens/s",
            "input tokens a second of one accelerator at the latency target",
            "满足时延目标时单卡每秒输入词元数",
            maximum=1e7,
            required=False,
        ),
        number(
            "decode_tokens_per_s",
            "tokens/s",
            "output tokens a second of one accelerator at the latency target",
            "满足时延目标时单卡每秒输出词元数",
            maximum=1e7,
            required=False,
        ),
        number(
            "requests_per_s",
            "1/s",
            "requests a second of one accelerator, for services not counted in tokens",
            "单卡每秒请求数（不以词元计量的服务）",
            maximum=1e7,
            required=False,
        ),
        integer(
            "accelerators_per_replica",
            "1",
            "accelerators that serve one copy of the model",
            "单个模型副本占用卡数",
            minimum=1,
            maximum=100_000,
        ),
    ),
)

PROFILES: Final = Table(
    "profiles",
    Text("one load profile in one hour", "一条负荷曲线的一个小时"),
    key=("profile", "hour"),
    columns=(
        text("profile", "profile code", "曲线代码"),
        integer("hour", "1", "hour of the day, 0 to 23", "小时（0–23）", minimum=0, maximum=23),
        number("relative_load", "1", "load, to any scale", "相对负荷（任意比例）", maximum=1e6),
    ),
)

JOBS: Final = Table(
    "jobs",
    Text("one class of identical training runs", "一类相同的训练任务"),
    key=("job",),
    columns=(
        text("job", "job code", "任务代码"),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        text("kind", "kind of training, key of training_rates", "训练类型"),
        integer(
            "count", "1", "identical runs in the year", "年内相同任务数", minimum=1, maximum=100_000
        ),
        number("flop", "FLOP", "work of one run", "单次任务计算量", minimum=1.0, maximum=1e30),
        number(
            "growth_per_year",
            "1",
            "factor of the yearly growth of the number of runs; empty: 1",
            "任务数年增长倍数，留空为 1",
            maximum=100.0,
            required=False,
        ),
        integer(
            "accelerators",
            "1",
            "gang of one run; empty: derived from work and deadline",
            "单次任务加速卡数，留空则由计算量与期限推导",
            minimum=1,
            maximum=10_000_000,
            required=False,
        ),
        text(
            "accelerator",
            "accelerator the gang is counted in; empty: any that training_rates lists",
            "指定加速卡类型，留空则不限",
            required=False,
            refers_to="accelerators",
        ),
        integer(
            "earliest_month",
            "1",
            "first month it may start in",
            "最早开始月份",
            minimum=1,
            maximum=12,
        ),
        integer(
            "deadline_month",
            "1",
            "month by whose end it is done",
            "最迟完成月份",
            minimum=1,
            maximum=12,
        ),
        number("dataset_tb", "TB", "training data", "训练数据量", maximum=1e7),
        text("dataset_site", "where the data are", "数据所在站点", refers_to="sites"),
        number("checkpoint_tb", "TB", "one checkpoint", "检查点大小", maximum=1e5),
        text(
            "residency",
            "where it must run",
            "驻留要求",
            allowed=("none", "province"),
        ),
        flag("may_split", "may run over several sites", "是否可跨站点"),
        text(
            "sync_scheme",
            "synchronisation over sites",
            "跨站点同步方式",
            allowed=("synchronous", "low_communication"),
        ),
        number(
            "value_million_yuan",
            "million yuan",
            "value of one run; decides which run when not all can",
            "单次任务价值，用于供给不足时的取舍",
            maximum=1e6,
        ),
        number(
            "step_flop",
            "FLOP",
            "work of one optimiser step; with gradient_gbit it lets a job that may split run over "
            "several clusters",
            "单个优化步的计算量；与 gradient_gbit 同时填写后，可拆分任务方能跨集群运行",
            minimum=1.0,
            maximum=1e30,
            required=False,
        ),
        number(
            "gradient_gbit",
            "Gbit",
            "gradients that one synchronisation between sites exchanges",
            "站点间一次同步所交换的梯度量",
            minimum=1e-6,
            maximum=1e9,
            required=False,
        ),
    ),
)

TRAINING_RATES: Final = Table(
    "training_rates",
    Text("one kind of training on one accelerator", "一类训练在一种加速卡上的效率"),
    key=("kind", "accelerator"),
    columns=(
        text("kind", "kind of training", "训练类型"),
        text("accelerator", "accelerator", "加速卡", refers_to="accelerators"),
        number(
            "model_flops_utilisation",
            "1",
            "useful FLOP over peak FLOP while computing",
            "模型算力利用率（MFU）",
            minimum=0.001,
            maximum=1.0,
        ),
    ),
)

ACCELERATORS: Final = Table(
    "accelerators",
    Text("one accelerator type", "一种加速卡"),
    key=("accelerator",),
    columns=(
        text("accelerator", "accelerator code", "加速卡代码"),
        text("name_zh", "Chinese name", "中文名称"),
        text("name_en", "English name", "英文名称"),
        text("vendor", "vendor", "厂商"),
        number(
            "bf16_dense_tflops",
            "TFLOPS",
            "dense bf16 rate",
            "BF16 稠密算力",
            minimum=0.001,
            maximum=100_000.0,
        ),
        number("memory_gb", "GB", "memory", "显存容量", maximum=10_000.0),
        number(
            "memory_bandwidth_tb_per_s",
            "TB/s",
            "memory bandwidth",
            "显存带宽",
            maximum=1000.0,
        ),
        integer(
            "accelerators_per_server",
            "1",
            "accelerators in a server",
            "单台服务器卡数",
            minimum=1,
            maximum=10_000,
        ),
        number(
            "server_maximum_kw",
            "kW",
            "maximum power of a server",
            "服务器最大功率",
            minimum=0.01,
            maximum=5000.0,
        ),
        number(
            "server_sustained_kw",
            "kW",
            "power of a server at work",
            "服务器持续功率",
            minimum=0.01,
            maximum=5000.0,
        ),
        number(
            "idle_share",
            "1",
            "power of an idle accelerator over its power at work",
            "空载功率与持续功率之比",
            maximum=1.0,
        ),
        number(
            "availability",
            "1",
            "share of installed accelerators that can work",
            "可用率",
            minimum=0.01,
            maximum=1.0,
        ),
        number(
            "price_yuan",
            "yuan",
            "price of one accelerator with its share of the server",
            "单卡价格（含服务器分摊）",
            maximum=1e7,
        ),
        number("life_years", "year", "service life", "使用年限", minimum=0.5, maximum=30.0),
        number(
            "embodied_kgco2",
            "kg CO2e",
            "embodied carbon of one accelerator with its share of the server",
            "隐含碳（含服务器分摊）",
            maximum=1e6,
        ),
        number(
            "failures_per_accelerator_day",
            "1/day",
            "failures that stop a run",
            "每卡每日致停故障数",
            maximum=1.0,
        ),
        text(
            "export_status",
            "whether China can buy it",
            "对华供应状态",
            allowed=("domestic", "licensed", "restricted", "barred"),
        ),
    ),
)

ACCELERATOR_SUPPLY: Final = Table(
    "accelerator_supply",
    Text("accelerators that can be bought in a year", "一种加速卡在一年内可采购的数量"),
    key=("accelerator", "year"),
    columns=(
        text("accelerator", "accelerator", "加速卡", refers_to="accelerators"),
        integer("year", "year", "year", "年份", minimum=2000, maximum=2100),
        integer(
            "supply", "1", "accelerators that can be bought", "可采购数量", maximum=1_000_000_000
        ),
    ),
)

FLEET: Final = Table(
    "fleet",
    Text("accelerators installed at a site", "一个站点已装的一种加速卡"),
    key=("site", "accelerator"),
    columns=(
        text("site", "site", "站点", refers_to="sites"),
        text("accelerator", "accelerator", "加速卡", refers_to="accelerators"),
        integer("installed", "1", "accelerators installed", "已装数量", maximum=1_000_000_000),
        integer("year", "year", "year of the count", "统计年份", minimum=2000, maximum=2100),
    ),
    may_be_absent=True,
)

PINS: Final = Table(
    "pins",
    Text("one rule for one workload at one site", "一条工作负载与站点的约束"),
    key=("workload", "site"),
    columns=(
        text("workload", "service or job", "服务或任务"),
        text("site", "site", "站点", refers_to="sites"),
        text(
            "rule",
            "what is asked",
            "约束类型",
            allowed=("must", "never", "minimum_share", "moving_cost"),
        ),
        number(
            "value",
            "1 or million yuan",
            "share for minimum_share; million yuan for all of the workload for moving_cost",
            "minimum_share 为比例；moving_cost 为整体迁移成本（百万元）",
            maximum=1e9,
            required=False,
        ),
        text("reason", "why", "理由"),
    ),
    may_be_absent=True,
    has_provenance=False,
)

WORKLOADS: Final = (
    SERVICES,
    SERVICE_RATES,
    PROFILES,
    JOBS,
    TRAINING_RATES,
    ACCELERATORS,
    ACCELERATOR_SUPPLY,
    FLEET,
    PINS,
)
