"""Throughput of the services on the accelerators.

On the H800, large models run at DeepSeek's published rates, smaller ones at measured rates of
the H100; pictures and films take measured energy over measured power on the H100. Other types::

    prefill  = rate of the H800 * TFLOPS ratio * software factor
    decode   = rate of the H800 * memory bandwidth ratio * software factor
    diffusion steps scale with TFLOPS, other items with the geometric mean of both ratios

The software factor is below one for Ascend and one for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Final

from data.build.accelerators import (
    ACCELERATORS,
    Accelerator,
    bandwidth_tb_per_s,
    by_code,
    raw_accelerator,
    tflops,
)
from data.build.assumptions import assumed
from data.build.cells import ASSUMPTION, Basis, Cell, assume, combined, estimate
from data.build.raw import RawRow, one, where
from data.build.services import REFERENCE_ACCELERATOR, SERVICES, Service, tokens
from data.build.writer import Pack

_NODE: Final = 8
"""H800 in a node of the published rates."""

_SMALL_MODEL: Final = {
    "code_completion": ("sourcegraph-fim", "Qwen/Qwen3-Coder-30B-A3B-Instruct"),
    "voice": ("image-chat", "Qwen/Qwen3-Omni-30B-A3B-Instruct"),
}

_VIDEO_MODEL: Final = "Wan-AI/Wan2.1-T2V-14B-Diffusers"

_NO_GRAPHICS: Final = {"rendering": ("ascend_910b", "ascend_910c")}
"""Types that cannot run a service: neural processors have no graphics pipeline."""


@cache
def _compute() -> str:
    """Say what the ratio of compute is of; the figure of the H800 itself is assumed."""
    return f"TFLOPS with {tflops(REFERENCE_ACCELERATOR):g} taken for the H800"


@cache
def _memory() -> str:
    """Say what the ratio of memory is of; the figure of the H800 itself is assumed."""
    reference = bandwidth_tb_per_s(REFERENCE_ACCELERATOR)
    return f"memory bandwidth with {reference:g} TB/s taken for the H800"


def _ratios(code: str) -> tuple[float, float]:
    return (
        tflops(code) / tflops(REFERENCE_ACCELERATOR),
        bandwidth_tb_per_s(code) / bandwidth_tb_per_s(REFERENCE_ACCELERATOR),
    )


def _scaled(base: Cell, accelerator: Accelerator, ratio: float, what: str) -> Cell:
    """Return a rate of the H800 on another type.

    Parameters
    ----------
    base
        Rate on the H800.
    accelerator
        The other type.
    ratio
        Speed over that of the H800 by specification.
    what
        What the ratio is of.
    """
    if accelerator.code == REFERENCE_ACCELERATOR:
        return base
    value = base.number * ratio
    software = assumed("service_rates", "ascend", "software_factor")
    sources = combined(base.basis.sources, (raw_accelerator(accelerator.code).source,))
    method = f"rate on the H800 times {ratio:.3f}, the ratio of {what}"
    if not accelerator.is_ascend and base.low is None:
        return estimate(value, sources, base.basis.as_of, method)
    low = (base.low or base.number) / base.number
    high = (base.high or base.number) / base.number
    factors = (1.0, 1.0, 1.0)
    if accelerator.is_ascend:
        factors = (software.value, software.low, software.high)
        method += f", times {software.value:g}: {software.reason}"
    if base.low is not None:
        method += f"; on the H800: {base.basis.note}"
    return assume(
        value * factors[0], value * low * factors[1], value * high * factors[2], method, sources
    )


def _node_rate(metric: str) -> Cell:
    row = one("service_volumes", metric=metric)
    return estimate(
        row.number("value") / _NODE,
        (row.source,),
        row.text("value_date"),
        "published rate of a node of eight, by card; cache hits of the input are counted",
    )


def _small_decode(service: Service) -> Cell:
    task, model = _SMALL_MODEL[service.code]
    row = one("inference_energy", task=task, model=model)
    return estimate(
        row.number("output_tokens_per_s_per_gpu"),
        (row.source,),
        row.source.date,
        f"measured on the H100 with {model.partition('/')[2]}, less than 50 ms a token",
    )


def _token_rates(service: Service, accelerator: Accelerator) -> tuple[Cell, Cell]:
    """Return prefill and decode tokens a second of one accelerator."""
    by_compute, by_memory = _ratios(accelerator.code)
    if service.size == "large":
        prefill = _node_rate("prefill throughput per node")
        decode = _node_rate("decode throughput per node")
    else:
        prefill = assumed("service_rates", service.code, "prefill_tokens_per_s").cell()
        decode = _small_decode(service)
    return (
        _scaled(prefill, accelerator, by_compute, _compute()),
        _scaled(decode, accelerator, by_memory, _memory()),
    )


def _seconds_measured(rows: Iterable[RawRow]) -> float:
    """Return the mean seconds an item takes: energy over power, mean over the models."""
    seconds = [
        row.number("energy_j_per_request") / row.number("mean_power_w_per_gpu") for row in rows
    ]
    return sum(seconds) / len(seconds)


def _item_rate(service: Service) -> Cell:
    """Return the items a second of an H800."""
    if service.code == "image":
        rows = where("inference_energy", task="text-to-image")
        method = f"energy over power on the H100, mean of {len(rows)} models"
    elif service.code == "video":
        rows = where("inference_energy", task="text-to-video", model=_VIDEO_MODEL)
        method = "energy over power on the H100 with Wan2.1 14B, 81 frames of 480 lines"
    else:
        return assumed("service_rates", service.code, "requests_per_s").cell()
    return estimate(
        1 / _seconds_measured(rows),
        combined(row.source for row in rows),
        rows[0].source.date,
        method,
    )


def _item_rate_on(service: Service, accelerator: Accelerator) -> Cell:
    by_compute, by_memory = _ratios(accelerator.code)
    base = _item_rate(service)
    if service.code == "rendering":
        return base
    if service.code in {"image", "video"}:
        return _scaled(base, accelerator, by_compute, _compute())
    mean = math.sqrt(by_compute * by_memory)
    return _scaled(base, accelerator, mean, f"{_compute()} and {_memory()} (geometric mean)")


def runs_on(service: Service, accelerator: Accelerator) -> bool:
    """Return whether a type can run a service."""
    return accelerator.code not in _NO_GRAPHICS.get(service.code, ())


def reference_seconds() -> dict[str, float]:
    """Return the seconds of an H800 that a request of each service takes."""
    reference = by_code(REFERENCE_ACCELERATOR)
    seconds = {}
    for service in SERVICES:
        if service.in_tokens:
            inputs, outputs = (cell.number for cell in tokens(service))
            prefill, decode = _token_rates(service, reference)
            seconds[service.code] = inputs / prefill.number + outputs / decode.number
        else:
            seconds[service.code] = 1 / _item_rate(service).number
    return seconds


def add_service_rates(pack: Pack) -> None:
    """Add the table ``service_rates``."""
    for service in SERVICES:
        for accelerator in ACCELERATORS:
            if not runs_on(service, accelerator):
                continue
            prefill: Cell | None = None
            decode: Cell | None = None
            items: Cell | None = None
            if service.in_tokens:
                prefill, decode = _token_rates(service, accelerator)
                main = prefill
            else:
                items = _item_rate_on(service, accelerator)
                main = items
            key = f"large|{accelerator.code}" if service.size == "large" else service.size
            pack.add(
                "service_rates",
                {
                    "service": service.code,
                    "accelerator": accelerator.code,
                    "prefill_tokens_per_s": prefill,
                    "decode_tokens_per_s": decode,
                    "requests_per_s": items,
                    "accelerators_per_replica": assumed(
                        "service_rates", key, "accelerators_per_replica"
                    ).cell(),
                },
                Basis(
                    main.basis.grade,
                    combined(main.basis.sources, (ASSUMPTION,))
                    if main.basis.grade == "assumption"
                    else main.basis.sources,
                    main.basis.as_of,
                    main.basis.note,
                ),
            )
