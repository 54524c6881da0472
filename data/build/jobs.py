"""Training runs of the year, and the efficiency of training by kind and accelerator.

Work and size of a run are those of a published run where one stands for the class, otherwise
assumptions. A checkpoint holds 16 bytes for each parameter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from data.build.accelerators import ACCELERATORS, tflops
from data.build.assumptions import assumed, is_assumed
from data.build.cells import ASSUMPTION, RESEARCH_DATE, Basis, Cell, combined, estimate
from data.build.raw import one
from data.build.writer import Pack

CHECKPOINT_TB_PER_BILLION: Final = 0.016

SYNCHRONOUS: Final = "synchronous"
LOW_COMMUNICATION: Final = "low_communication"


@dataclass(frozen=True, slots=True)
class Job:
    """One class of training runs.

    Parameters
    ----------
    code
        Code of the job.
    name_zh, name_en
        Names.
    kind
        Kind of training.
    dataset_site
        Where the data are.
    reference
        Published run whose work and size the class has; empty if assumed.
    accelerator
        Type the gang is counted in; empty for any.
    may_split
        Whether it may run over several sites.
    sync_scheme
        How sites synchronise.
    residency
        ``none`` or ``province``.
    """

    code: str
    name_zh: str
    name_en: str
    kind: str
    dataset_site: str
    reference: str = ""
    accelerator: str = ""
    may_split: bool = False
    sync_scheme: str = SYNCHRONOUS
    residency: str = "none"


_DENSE: Final = "dense_pretraining"
_MOE: Final = "moe_pretraining"
_MULTI: Final = "multimodal"
_POST: Final = "post_training"
_TUNE: Final = "fine_tuning"

JOBS: Final = (
    Job("agent_training", "智能体训练", "agent training", _POST, "bj_metro"),
    Job(
        "alignment_first_half",
        "指令与偏好对齐（上半年）",
        "alignment, first half",
        _POST,
        "zj_metro",
    ),
    Job(
        "alignment_second_half",
        "指令与偏好对齐（下半年）",
        "alignment, second half",
        _POST,
        "zj_metro",
    ),
    Job(
        "base_405b",
        "4050 亿参数稠密底座",
        "dense base model, 405B",
        _DENSE,
        "bj_metro",
        "llama31_405b",
        may_split=True,
    ),
    Job(
        "base_70b", "700 亿参数稠密底座", "dense base model, 70B", _DENSE, "sh_metro", "llama31_70b"
    ),
    Job("base_8b", "80 亿参数端侧模型", "small model, 8B", _DENSE, "gd_metro", "llama31_8b"),
    Job(
        "base_deepseek_v3",
        "6710 亿参数混合专家底座",
        "mixture of experts, 671B",
        _MOE,
        "zj_metro",
        "deepseek_v3",
    ),
    Job(
        "base_kimi_k2",
        "万亿参数混合专家底座",
        "mixture of experts, 1,000B",
        _MOE,
        "bj_metro",
        "kimi_k2",
    ),
    Job(
        "base_moe_next",
        "下一代混合专家底座",
        "next mixture of experts",
        _MOE,
        "zj_metro",
        may_split=True,
    ),
    Job(
        "base_pangu_135b",
        "1350 亿参数稠密底座",
        "dense base model, 135B",
        _DENSE,
        "gd_metro",
        "pangu_ultra_135b",
        "ascend_910b",
    ),
    Job(
        "base_pangu_moe",
        "7180 亿参数混合专家底座",
        "mixture of experts, 718B",
        _MOE,
        "gd_metro",
        "pangu_ultra_moe",
        "ascend_910c",
    ),
    Job(
        "base_qwen3_235b",
        "2350 亿参数混合专家底座",
        "mixture of experts, 235B",
        _MOE,
        "zj_metro",
        "qwen3_235b",
    ),
    Job("code_model", "代码大模型", "code model", _MOE, "bj_metro"),
    Job("distillation", "蒸馏小模型", "distilled small models", _TUNE, "gd_metro"),
    Job("driving_model", "自动驾驶模型", "driving model", _MULTI, "sh_metro"),
    Job("embodied_model", "具身智能模型", "embodied model", _MULTI, "gd_metro"),
    Job(
        "fine_tuning_large_q1",
        "大模型微调（一季度）",
        "fine-tuning of large models, quarter 1",
        _TUNE,
        "sh_metro",
    ),
    Job(
        "fine_tuning_large_q2",
        "大模型微调（二季度）",
        "fine-tuning of large models, quarter 2",
        _TUNE,
        "sh_metro",
    ),
    Job(
        "fine_tuning_large_q3",
        "大模型微调（三季度）",
        "fine-tuning of large models, quarter 3",
        _TUNE,
        "sh_metro",
    ),
    Job(
        "fine_tuning_large_q4",
        "大模型微调（四季度）",
        "fine-tuning of large models, quarter 4",
        _TUNE,
        "sh_metro",
    ),
    Job(
        "fine_tuning_small_q1",
        "小模型微调（一季度）",
        "fine-tuning of small models, quarter 1",
        _TUNE,
        "sc_metro",
    ),
    Job(
        "fine_tuning_small_q2",
        "小模型微调（二季度）",
        "fine-tuning of small models, quarter 2",
        _TUNE,
        "sc_metro",
    ),
    Job(
        "fine_tuning_small_q3",
        "小模型微调（三季度）",
        "fine-tuning of small models, quarter 3",
        _TUNE,
        "sc_metro",
    ),
    Job(
        "fine_tuning_small_q4",
        "小模型微调（四季度）",
        "fine-tuning of small models, quarter 4",
        _TUNE,
        "sc_metro",
    ),
    Job(
        "frontier_dense",
        "前沿稠密模型",
        "frontier dense model",
        _DENSE,
        "sh_metro",
        accelerator="h800",
        may_split=True,
    ),
    Job(
        "frontier_moe",
        "前沿混合专家模型",
        "frontier mixture of experts",
        _MOE,
        "bj_metro",
        accelerator="ascend_910c",
        may_split=True,
    ),
    Job(
        "frontier_multimodal",
        "前沿多模态模型",
        "frontier multimodal model",
        _MULTI,
        "bj_metro",
        accelerator="ascend_910c",
        may_split=True,
        sync_scheme=LOW_COMMUNICATION,
    ),
    Job(
        "government_model",
        "政务大模型",
        "government model",
        _TUNE,
        "bj_metro",
        residency="province",
    ),
    Job("image_generation", "图像生成模型", "picture model", _MULTI, "zj_metro"),
    Job("industry_energy", "能源行业模型", "energy industry model", _TUNE, "bj_metro"),
    Job("industry_finance", "金融行业模型", "finance industry model", _TUNE, "sh_metro"),
    Job("industry_health", "医疗行业模型", "health industry model", _TUNE, "sh_metro"),
    Job(
        "industry_manufacturing",
        "制造行业模型",
        "manufacturing industry model",
        _TUNE,
        "gd_metro",
    ),
    Job("multimodal_base", "图文多模态底座", "multimodal base model", _MULTI, "sh_metro"),
    Job(
        "national_lab_moe",
        "国家实验室开源大模型",
        "open model of a national laboratory",
        _MOE,
        "sh_metro",
        may_split=True,
        sync_scheme=LOW_COMMUNICATION,
    ),
    Job("reinforcement_large", "大模型强化学习", "reinforcement, large", _POST, "bj_metro"),
    Job("reinforcement_middle", "中型模型强化学习", "reinforcement, middle", _POST, "zj_metro"),
    Job("science_biology", "生命科学模型", "biology model", _DENSE, "sh_metro"),
    Job("science_materials", "材料科学模型", "materials model", _DENSE, "sc_metro"),
    Job("science_weather", "气象海洋模型", "weather model", _DENSE, "bj_metro"),
    Job("speech_omni", "语音全模态模型", "speech model", _MULTI, "zj_metro"),
    Job("video_generation", "视频生成模型", "film model", _MULTI, "bj_metro"),
    Job("world_model", "世界模型", "world model", _MULTI, "gd_metro"),
)


def successive_runs(job: Job) -> int:
    """Return how many runs one gang trains one after another in the year."""
    if is_assumed("jobs", job.code, "successive_runs"):
        return int(assumed("jobs", job.code, "successive_runs").value)
    return 1


def flop(job: Job) -> Cell:
    """Return the work of a gang in its window in FLOP: one run, or several in succession."""
    runs = successive_runs(job)
    times = f"{runs} runs one after another; " if runs > 1 else ""
    if is_assumed("jobs", job.code, "flop"):
        return assumed("jobs", job.code, "flop").cell(factor=runs, note=times.rstrip("; "))
    row = one("training_jobs", code=job.reference)
    method = f"work of {row.text('job')} as published or 6 FLOP by active parameter and token"
    if runs == 1:
        return estimate(row.number("total_flop"), (row.source,), row.source.date, method)
    range_of = assumed("jobs", job.code, "successive_runs")
    return range_of.cell(factor=row.number("total_flop"), note=f"{times}{method}")


def _checkpoint(job: Job) -> Cell:
    if is_assumed("jobs", job.code, "params_b"):
        return assumed("jobs", job.code, "params_b").cell(
            factor=CHECKPOINT_TB_PER_BILLION, note="16 bytes for each parameter"
        )
    row = one("training_jobs", code=job.reference)
    return estimate(
        row.number("params_total_b") * CHECKPOINT_TB_PER_BILLION,
        (row.source,),
        row.source.date,
        f"16 bytes for each parameter of {row.text('job')}",
    )


def _value(work: Cell) -> Cell:
    """Return the value of one run in million yuan."""
    lease = one("gpu_lease_prices", accelerator="H800")
    rate = assumed("finance", "exchange_rate_yuan_per_usd", "value").value
    utilisation = assumed("training_rates", "dense_pretraining|h800", "model_flops_utilisation")
    hours = work.number / (tflops("h800") * 1e12 * utilisation.value) / 3600
    cost = hours * lease.number("price_value") * rate / 1e6
    factor = assumed("jobs", "any", "value_factor")
    return factor.cell(
        factor=cost,
        note=f"{factor.value:g} times {cost:,.4g} million yuan, the lease of the H800 that do it",
    )


def add_jobs(pack: Pack, jobs: Iterable[Job] = JOBS) -> None:
    """Add the table ``jobs``.

    Parameters
    ----------
    pack
        Pack to add to.
    jobs
        Classes of runs.
    """
    for job in jobs:
        work = flop(job)
        gang = (
            assumed("jobs", job.code, "accelerators").cell()
            if is_assumed("jobs", job.code, "accelerators")
            else None
        )
        pack.add(
            "jobs",
            {
                "job": job.code,
                "name_zh": job.name_zh,
                "name_en": job.name_en,
                "kind": job.kind,
                "count": assumed("jobs", job.code, "count").cell(),
                "growth_per_year": assumed("jobs", "any", "growth_per_year").cell(),
                "flop": work,
                "accelerators": gang,
                "accelerator": job.accelerator,
                "earliest_month": assumed("jobs", job.code, "earliest_month").cell(),
                "deadline_month": assumed("jobs", job.code, "deadline_month").cell(),
                "dataset_tb": assumed("jobs", job.code, "dataset_tb").cell(),
                "dataset_site": job.dataset_site,
                "checkpoint_tb": _checkpoint(job),
                "residency": job.residency,
                "may_split": job.may_split,
                "sync_scheme": job.sync_scheme,
                "value_million_yuan": _value(work),
                # Runs stay at one site: no steps are given.
                "step_flop": None,
                "gradient_gbit": None,
            },
            Basis("assumption", (ASSUMPTION,), RESEARCH_DATE, "ranges in provenance"),
        )


PUBLISHED_EFFICIENCIES: Final = (
    (_MOE, "h800"),
    (_MOE, "ascend_910b"),
    (_MOE, "ascend_910c"),
)
"""Kinds and accelerators whose efficiency follows from a published run."""


def _published_utilisation(accelerator: str) -> Cell:
    """Return the efficiency of mixtures of experts that follows from a published run."""
    if accelerator == "h800":
        row = one("training_jobs", code="deepseek_v3")
        seconds = row.number("gpu_hours_m") * 1e6 * 3600
        return estimate(
            row.number("total_flop") / (seconds * tflops("h800") * 1e12),
            (row.source,),
            row.source.date,
            "work of DeepSeek-V3 over 2.788 million hours of H800 at the dense bf16 rate",
            digits=3,
        )
    row = one("training_jobs", code="pangu_ultra_moe")
    return estimate(
        row.number("mfu_pct") / 100,
        (row.source,),
        row.source.date,
        "Pangu Ultra MoE on 6,000 Ascend, the type not named",
    )


def add_training_rates(pack: Pack) -> None:
    """Add the table ``training_rates``."""
    for kind in (_DENSE, _MOE, _MULTI, _POST, _TUNE):
        for accelerator in ACCELERATORS:
            key = f"{kind}|{accelerator.code}"
            column = "model_flops_utilisation"
            if is_assumed("training_rates", key, column):
                value = assumed("training_rates", key, column).cell()
            elif (kind, accelerator.code) in PUBLISHED_EFFICIENCIES:
                value = _published_utilisation(accelerator.code)
            else:  # cards of little compute or memory do not train models of this kind
                continue
            pack.add(
                "training_rates",
                {"kind": kind, "accelerator": accelerator.code, column: value},
                Basis(
                    value.basis.grade,
                    combined(value.basis.sources),
                    value.basis.as_of,
                    value.basis.note,
                ),
            )
