"""Services, rates and training runs of the shipped tables."""

from __future__ import annotations

import math

import pytest

from data.build.assumptions import assumed
from data.build.raw import one
from tests.data.pack_tables import number, records


def test_tokens_sum_to_the_published_figure() -> None:
    total = sum(
        float(row["requests_per_s"])
        * 86_400
        * (float(row["input_tokens"]) + float(row["output_tokens"]))
        for row in records("services")
    )
    assert total == pytest.approx(140e12, rel=1e-9)
    shares = [
        assumed("services", row["service"], "token_share").value
        for row in records("services")
        if float(row["input_tokens"]) > 0
    ]
    assert sum(shares) == pytest.approx(1.0, abs=1e-12)


def test_online_shares_sum_to_one() -> None:
    total = sum(float(row["online_share"]) for row in records("regions"))
    assert total == pytest.approx(1.0, abs=1e-12)


def seconds_on(service: dict[str, str], accelerator: str) -> float:
    (rate,) = [
        row
        for row in records("service_rates")
        if (row["service"], row["accelerator"]) == (service["service"], accelerator)
    ]
    if rate["requests_per_s"]:
        return 1 / float(rate["requests_per_s"])
    return float(service["input_tokens"]) / float(rate["prefill_tokens_per_s"]) + float(
        service["output_tokens"]
    ) / float(rate["decode_tokens_per_s"])


def test_size_of_the_demand() -> None:
    busy = {
        row["service"]: float(row["requests_per_s"]) * seconds_on(row, "h800") / 1000
        for row in records("services")
    }
    in_tokens = sum(
        busy[row["service"]] for row in records("services") if float(row["input_tokens"]) > 0
    )
    assert 300 < in_tokens < 450
    wanted = {"ranking": 120, "camera": 90, "image": 60, "video": 60, "rendering": 40}
    wanted |= {"tele_driving": 8, "vehicle_control": 8}
    for service, thousand in wanted.items():
        assert busy[service] == pytest.approx(thousand, rel=0.02)


def test_network_leaves_time_in_every_target() -> None:
    budget = {
        row["service"]: (float(row["target_ms"]) - float(row["compute_p99_ms"]))
        / int(row["round_trips"])
        for row in records("services")
        if row["target_ms"]
    }
    exact = {"vehicle_control": 6, "tele_driving": 12, "rendering": 20, "camera": 25}
    exact |= {"ranking": 30, "code_completion": 45, "voice": 50, "government": 60}
    assert {service: budget[service] for service in exact} == exact
    assert min(budget[service] for service in budget if service not in exact) > 100


_FAST = "minimum_energy_with_itl_le_50ms"
_CHEAP = "minimum_energy"


def measured_j_per_output_token(task: str, model: str, gpu: str, selection: str) -> float:
    row = one("inference_energy", task=task, model=model, gpu_model=gpu, selection=selection)
    return row.number("energy_j_per_output_token")


COMPARABLE = (
    ("chat", "lm-arena-chat", "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "H100", _FAST, 2.0),
    ("chat", "lm-arena-chat", "deepseek-ai/DeepSeek-V3.1", "B200", _FAST, 2.0),
    ("reasoning", "gpqa", "deepseek-ai/DeepSeek-V3.1", "B200", _CHEAP, 3.0),
    ("reasoning", "gpqa", "Qwen/Qwen3-235B-A22B-Thinking-2507-FP8", "H100", _CHEAP, 3.0),
)
"""Service, task, model, GPU, configuration, factor within which both agree."""


@pytest.mark.parametrize("pair", COMPARABLE)
def test_joules_per_token_agree_with_measurements(
    pair: tuple[str, str, str, str, str, float],
) -> None:
    # Ours is the power of the whole server over all tokens of the request; measured is the
    # energy of the GPU alone, and other models and prompts, hence a factor of two to three.
    service, task, model, gpu, selection, factor = pair
    (row,) = [row for row in records("services") if row["service"] == service]
    server_w = number("accelerators", "server_sustained_kw", accelerator="h800") * 1000 / 8
    ours = server_w * seconds_on(row, "h800") / float(row["output_tokens"])
    measured = measured_j_per_output_token(task, model, gpu, selection)
    assert measured / factor <= ours <= measured * factor


def test_joules_per_token_of_the_small_model() -> None:
    server_w = number("accelerators", "server_sustained_kw", accelerator="h800") * 1000 / 8
    decode = number(
        "service_rates", "decode_tokens_per_s", service="code_completion", accelerator="h800"
    )
    measured = measured_j_per_output_token(
        "sourcegraph-fim",
        "Qwen/Qwen3-Coder-30B-A3B-Instruct",
        "H100",
        _FAST,
    )
    assert measured / 3 <= server_w / decode <= measured * 3


def goodput(gang: int, failures_per_day: float, checkpoint_s: float, restart_s: float) -> float:
    """Return the best share of useful time over checkpoint intervals (Daly 2006)."""
    mean_time = 86_400 / (gang * failures_per_day)
    intervals = [mean_time * step / 2000 for step in range(1, 2000)]
    return max(
        interval
        / mean_time
        * math.exp(-restart_s / mean_time)
        / math.expm1((interval + checkpoint_s) / mean_time)
        for interval in intervals
    )


def test_every_job_can_meet_its_deadline() -> None:
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    values = {row["parameter"]: float(row["value"]) for row in records("parameters")}
    cards = {row["accelerator"]: row for row in records("accelerators")}
    rates = {
        (row["kind"], row["accelerator"]): float(row["model_flops_utilisation"])
        for row in records("training_rates")
    }
    for job in records("jobs"):
        window = sum(days[int(job["earliest_month"]) - 1 : int(job["deadline_month"])])
        gangs = [int(job["accelerators"])] if job["accelerators"] else [1024, 8192, 65_536]
        possible = False
        for (kind, name), utilisation in rates.items():
            if kind != job["kind"] or job["accelerator"] not in {"", name}:
                continue
            card = cards[name]
            for gang in gangs:
                progress = goodput(
                    gang,
                    float(card["failures_per_accelerator_day"]),
                    float(job["checkpoint_tb"]) / values["checkpoint_write_tb_per_s"],
                    values["restart_minutes"] * 60,
                )
                speed = gang * float(card["bf16_dense_tflops"]) * 1e12 * utilisation * progress
                possible |= float(job["flop"]) / speed / 86_400 <= window
        assert possible, job["job"]
        assert max(gangs) <= 120_000


def test_frontier_runs() -> None:
    frontier = {row["job"]: row for row in records("jobs") if row["job"].startswith("frontier")}
    assert float(frontier["frontier_moe"]["flop"]) == 5e26
    assert int(frontier["frontier_moe"]["accelerators"]) == 100_000
    assert frontier["frontier_moe"]["accelerator"] == "ascend_910c"
    assert float(frontier["frontier_dense"]["flop"]) == 5e25
    assert int(frontier["frontier_dense"]["accelerators"]) == 20_000
    assert min(float(row["flop"]) for row in records("jobs")) == 1e22
