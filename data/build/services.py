"""The classes of inference demand.

Requests of the services counted in tokens::

    requests_per_s = daily tokens of the country * share / (input + output tokens) / 86,400

so their tokens sum to the published figure. Other volumes are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.build.assumptions import Assumption, assumed, is_assumed
from data.build.cells import (
    ASSUMPTION,
    DERIVATION,
    RESEARCH_DATE,
    Basis,
    Cell,
    assume,
    combined,
    estimate,
)
from data.build.profiles import FLAT
from data.build.raw import RawRow, one
from data.build.writer import Pack
from optimizer.units import SECONDS_PER_DAY

REFERENCE_ACCELERATOR: Final = "h800"
"""Type in whose seconds the value of a request is counted."""


@dataclass(frozen=True, slots=True)
class Service:
    """One class of inference.

    Parameters
    ----------
    code
        Code of the service.
    name_zh, name_en
        Names.
    network
        Kind of network that carries it.
    profile
        Load profile.
    kind
        ``interactive`` or ``batch``.
    unit
        What one request is.
    target_kind
        What the target limits.
    target
        Row and column of the published target; empty if it is assumed or there is none.
    nearest
        Whether the target is that of the nearest published class, not of its own.
    tokens
        Row of the published mean input and output tokens; empty if assumed or not in tokens.
    output
        Row of the published output tokens where it differs from ``tokens``.
    region_weight
        What divides the demand over the regions.
    residency
        Where data must stay.
    size
        ``large``, ``small`` or ``item``: the model behind it.
    growth
        Class of the growth of requests.
    """

    code: str
    name_zh: str
    name_en: str
    network: str
    profile: str
    kind: str = "interactive"
    unit: str = "request"
    target_kind: str = "first_token"
    target: tuple[str, str] = ("", "")
    nearest: bool = False
    tokens: str = ""
    output: str = ""
    region_weight: str = "online"
    residency: str = "none"
    size: str = "large"
    growth: str = "tokens"

    @property
    def in_tokens(self) -> bool:
        """Whether it is counted in tokens."""
        return self.size != "item"


SERVICES: Final = (
    Service(
        "agents",
        "智能体与工具调用",
        "agents and tools",
        "public",
        "api_day",
        target=("reasoning_gpt_oss_server", "ttft_budget_ms"),
        nearest=True,
        tokens="trace_moonshot_tool_agent",
    ),
    Service(
        "batch_text",
        "批量文本处理",
        "batch text",
        "public",
        FLAT,
        kind="batch",
        target_kind="none",
    ),
    Service(
        "camera",
        "视频监控分析",
        "camera analytics",
        "ip_private",
        FLAT,
        unit="stream_second",
        target_kind="end_to_end",
        region_weight="population",
        size="item",
        growth="established",
    ),
    Service(
        "chat",
        "对话",
        "chat",
        "public",
        "chat_day",
        target=("chat_70b_server", "ttft_budget_ms"),
        tokens="trace_azure_conversation",
    ),
    Service(
        "code_completion",
        "代码补全",
        "code completion",
        "public",
        "office_day",
        target=("chat_8b_interactive", "ttft_budget_ms"),
        nearest=True,
        tokens="trace_azure_code",
        size="small",
    ),
    Service(
        "government",
        "政务与金融",
        "government and finance",
        "ip_private",
        "office_day",
        target=("chat_70b_interactive", "ttft_budget_ms"),
        nearest=True,
        residency="province",
    ),
    Service(
        "image",
        "图像生成",
        "image generation",
        "public",
        "evening_peak",
        unit="image",
        target_kind="end_to_end",
        size="item",
        growth="generation",
    ),
    Service(
        "long_documents",
        "长文档问答",
        "long documents",
        "public",
        "office_day",
        target=("chat_405b_server", "ttft_budget_ms"),
        nearest=True,
        tokens="trace_moonshot_conversation",
    ),
    Service(
        "ranking",
        "推荐排序",
        "recommendation ranking",
        "ip_private",
        "evening_peak",
        target_kind="end_to_end",
        target=("ranking_dlrmv3", "end_to_end_budget_ms"),
        size="item",
        growth="established",
    ),
    Service(
        "reasoning",
        "深度推理",
        "reasoning",
        "public",
        "chat_day",
        target=("reasoning_r1_server", "ttft_budget_ms"),
        output="reasoning_gpt_oss_server",
    ),
    Service(
        "rendering",
        "云渲染",
        "cloud rendering",
        "ip_private",
        "evening_peak",
        unit="stream_second",
        target_kind="end_to_end",
        size="item",
        growth="established",
    ),
    Service(
        "tele_driving",
        "远程驾驶",
        "tele-operated driving",
        "optical",
        "office_day",
        unit="stream_second",
        target_kind="end_to_end",
        target=("tele_operated_driving", "command_budget_ms"),
        region_weight="gdp",
        size="item",
        growth="vehicles",
    ),
    Service(
        "vehicle_control",
        "工业与车辆控制",
        "industrial and vehicle control",
        "optical",
        FLAT,
        unit="stream_second",
        target_kind="end_to_end",
        target=("vehicle_platooning", "end_to_end_budget_ms"),
        region_weight="gdp",
        size="item",
        growth="vehicles",
    ),
    Service(
        "video",
        "视频生成",
        "video generation",
        "public",
        FLAT,
        kind="batch",
        unit="clip",
        target_kind="none",
        size="item",
        growth="generation",
    ),
    Service(
        "voice",
        "语音对话",
        "voice dialogue",
        "public",
        "evening_peak",
        target_kind="end_to_end",
        target=("voice_dialogue", "end_to_end_budget_ms"),
        size="small",
    ),
)


_NO_TOKENS: Final = Cell(
    0, Basis("estimate", (DERIVATION,), RESEARCH_DATE, "not counted in tokens")
)


def service(code: str) -> Service:
    """Return a service by code."""
    return next(item for item in SERVICES if item.code == code)


def _published(code: str) -> RawRow:
    return one("inference_services", code=code)


def _assumed_cell(item: Service, column: str) -> Cell:
    return assumed("services", item.code, column).cell()


def target(item: Service) -> Cell | None:
    """Return the target in ms, or nothing if there is none."""
    if item.target_kind == "none":
        return None
    row_code, column = item.target
    if not row_code:
        return _assumed_cell(item, "target_ms")
    row = _published(row_code)
    if item.nearest:
        method = "limit of the nearest published class"
        return estimate(row.number(column), (row.source,), row.source.date, method)
    return row.cell(column, row.source.date, "published limit of this class")


def tokens(item: Service) -> tuple[Cell, Cell]:
    """Return the mean input and output tokens of a request; zero if not counted in tokens."""
    if not item.in_tokens:
        return _NO_TOKENS, _NO_TOKENS
    cells = []
    for column, published in (
        ("input_tokens", item.tokens),
        ("output_tokens", item.output or item.tokens),
    ):
        if is_assumed("services", item.code, column):
            cells.append(_assumed_cell(item, column))
        else:
            row = _published(published)
            cells.append(row.cell(f"{column}_mean", row.source.date, "mean of a published trace"))
    return cells[0], cells[1]


def daily_tokens() -> RawRow:
    """Return the raw row of the daily tokens of all services in the country."""
    return one("service_volumes", metric="daily tokens", value_date="2026-03")


def requests_per_s(item: Service) -> Cell:
    """Return the national mean of requests a second."""
    if item.in_tokens:
        row = daily_tokens()
        share = assumed("services", item.code, "token_share")
        length = sum(cell.number for cell in tokens(item))
        return share.cell(
            factor=row.number("value") / length / SECONDS_PER_DAY,
            note=f"{share.value:g} of 140 trillion tokens a day, {length:,.1f} tokens a request",
            digits=10,  # the tokens of all services sum to the published figure
        )
    if item.code == "ranking":
        calls = assumed("services", "ranking", "calls_per_user_day")
        users = one("internet_users", scope="national", metric="mobile_internet_users")
        return calls.cell(
            factor=users.number("value") * 1e8 / SECONDS_PER_DAY,
            note=f"{calls.value:g} calls a day of each of {users.number('value')} hundred million "
            "mobile users",
        )
    for column, factor, note in (
        ("images_per_day", 1 / SECONDS_PER_DAY, "images a day over 86,400 s"),
        ("clips_per_day", 1 / SECONDS_PER_DAY, "clips a day over 86,400 s"),
        ("streams", 1.0, "one stream-second a second for each stream"),
        ("sessions", 1.0, "one stream-second a second for each session"),
        ("vehicles", 1.0, "one stream-second a second for each vehicle"),
    ):
        if is_assumed("services", item.code, column):
            return assumed("services", item.code, column).cell(factor=factor, note=note)
    raise LookupError(item.code)


def _text_bytes(count: Cell) -> Cell:
    per_token = assumed("services", "text", "bytes_per_token")
    overhead = assumed("services", "text", "bytes_overhead")
    return assume(
        round(per_token.value * count.number + overhead.value),
        round(per_token.low * count.number + overhead.low),
        round(per_token.high * count.number + overhead.high),
        f"{per_token.value:g} bytes a token ({per_token.reason}) and {overhead.value:g} bytes "
        f"({overhead.reason})",
    )


def _data(item: Service) -> tuple[Cell, Cell]:
    """Return the bytes of a request to and from the site."""
    if item.code == "vehicle_control":
        row = _published("vehicle_platooning")
        messages = assumed("services", item.code, "messages_per_s")
        size = row.number("bytes_in_per_request")
        upload = messages.cell(factor=size, note=f"messages of {size:g} bytes")
        return upload, _assumed_cell(item, "bytes_out_per_request")
    if is_assumed("services", item.code, "bytes_in_per_request"):
        return (
            _assumed_cell(item, "bytes_in_per_request"),
            _assumed_cell(item, "bytes_out_per_request"),
        )
    inputs, outputs = tokens(item)
    return _text_bytes(inputs), _text_bytes(outputs)


def _value(item: Service, seconds: float) -> Cell:
    worth: Assumption = assumed("services", item.code, "value_yuan_per_h800_second")
    return worth.cell(
        factor=seconds, note=f"{worth.value:g} yuan for each of {seconds:.4g} H800-seconds"
    )


def _flexible_share(item: Service) -> Cell | None:
    """Return the part of batch work that may wait for another hour of the day."""
    return _assumed_cell(item, "flexible_share") if item.kind == "batch" else None


def add_services(pack: Pack, seconds: dict[str, float]) -> None:
    """Add the table ``services``.

    Parameters
    ----------
    pack
        Pack to add to.
    seconds
        Seconds of an H800 that a request takes, by service.
    """
    for item in SERVICES:
        inputs, outputs = tokens(item)
        upload, download = _data(item)
        wanted = target(item)
        pack.add(
            "services",
            {
                "service": item.code,
                "name_zh": item.name_zh,
                "name_en": item.name_en,
                "kind": item.kind,
                "request_unit": item.unit,
                "target_ms": wanted,
                "target_kind": item.target_kind,
                "compute_p99_ms": _assumed_cell(item, "compute_p99_ms"),
                "round_trips": _assumed_cell(item, "round_trips"),
                "network": item.network,
                "requests_per_s": requests_per_s(item),
                "growth_per_year": assumed("services", item.growth, "growth_per_year").cell(),
                "input_tokens": inputs,
                "output_tokens": outputs,
                "bytes_in_per_request": upload,
                "bytes_out_per_request": download,
                "profile": item.profile,
                "region_weight": item.region_weight,
                "residency": item.residency,
                "single_source": False,
                "flexible_share": _flexible_share(item),
                "protected_share": _assumed_cell(item, "protected_share"),
                "tier": _assumed_cell(item, "tier"),
                "value_yuan_per_request": _value(item, seconds[item.code]),
            },
            Basis(
                "assumption",
                combined((ASSUMPTION,)),
                RESEARCH_DATE,
                "volumes and shares are assumptions with ranges in provenance; targets and "
                "token counts are published unless marked",
            ),
        )
