"""Verification of training runs over several sites, and of what all runs hold at sites."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from optimizer.plan.recompute import MONTH_DAYS, Recomputed
from optimizer.plan.verify_written import Row, Written
from optimizer.plan.violation import Checker

BANDWIDTHS_TBPS: Final = (0.4, 1.6, 6.4, 25.6)
"""What a run may hold between its sites."""

SITES: Final = (2, 3)
"""Fewest and most sites of one run."""


def gangs_at_sites(plan: Written) -> Iterator[Row]:
    """Yield single runs and parts of runs over several sites as rows of one form.

    ``gang`` is what is held at the site, ``share`` its part of the whole gang.
    """
    for row in plan.rows["runs"]:
        yield {**row, "share": 1.0}
    runs = {(row["job"], row["configuration"]): row for row in plan.rows["split_runs"]}
    for part in plan.rows["split_parts"]:
        run = runs.get((part["job"], part["configuration"]))
        if run is not None:  # a part without its run is a fault of its own
            yield {**run, **part, "share": part["gang"] / run["gang"]}


def check_split(checker: Checker, facts: Recomputed, plan: Written) -> None:
    """Check every run over several sites."""
    parts: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for part in plan.rows["split_parts"]:
        parts[part["job"], part["configuration"]].append(part)
    runs = {(row["job"], row["configuration"]): row for row in plan.rows["split_runs"]}
    for key in sorted(parts):
        checker.holds("part belongs to a run", "|".join(key), fact=key in runs)
    for key, run in runs.items():
        here = sorted(parts[key], key=lambda part: str(part["site"]))
        _sites(checker, facts, run, here)
        _time(checker, facts, run, [part["site"] for part in here])
        _window(checker, facts, run)
        for part in here:
            _part(checker, facts, run, part)


def _place(run: Row) -> str:
    return f"{run['job']}|{run['configuration']}"


def _sites(checker: Checker, facts: Recomputed, run: Row, parts: list[Row]) -> None:
    """Check that the gang is spread over two or three clusters, in whole servers but for one."""
    place, card, gang = _place(run), run["accelerator"], run["gang"]
    job = facts.jobs[run["job"]]
    checker.holds(
        "job may run over several sites",
        place,
        fact=bool(job["may_split"])
        and not math.isnan(job["step_flop"])
        and not math.isnan(job["gradient_gbit"]),
    )
    checker.holds("number of sites of a run", place, fact=SITES[0] <= len(parts) <= SITES[1])
    names = "+".join(str(part["site"]) for part in parts)
    checker.holds("sites of a run", place, fact=run["sites"] == names)
    split = "+".join(f"{part['site']}={part['gang']}" for part in parts)
    tbps = f"{run['bandwidth_tbps']:g}T"
    month = f"{int(run['start_month']):02d}"
    checker.holds(
        "name of the configuration",
        place,
        fact=run["configuration"] == f"{card}*{int(gang)}@{month}:{split}:{tbps}",
    )
    checker.equal("parts of the gang", place, sum(part["gang"] for part in parts), gang, "1")
    server = facts.cards[card]["accelerators_per_server"]
    broken = [part for part in parts if part["gang"] % server]
    largest = max((part["gang"] for part in parts), default=0)
    checker.holds(
        "whole servers of the parts",
        place,
        fact=not broken or (len(broken) == 1 and broken[0]["gang"] >= largest - server),
    )
    if not math.isnan(job["accelerators"]):
        checker.equal("given gang", place, gang, job["accelerators"], "1")
    else:
        checker.equal("whole servers", place, gang % server, 0.0, "1")


def ring(facts: Recomputed, sites: list[str]) -> tuple[float, dict[str, int]]:
    """Return the length of the shortest ring through sites, and its crossings of each link."""
    best: tuple[float, tuple[str, ...]] | None = None
    for order in itertools.permutations(sites[1:]):
        tour = (sites[0], *order)
        length = sum(facts.path(*side)[0] for side in _sides(tour))
        if best is None or round(length, 6) < round(best[0], 6):
            best = (length, tour)
    assert best is not None
    crossings: dict[str, int] = defaultdict(int)
    for side in _sides(best[1]):
        for link in facts.path(*side)[1]:
            crossings[link] += 1
    return best[0], crossings


def _sides(tour: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the neighbours of a closed tour, each pair by name: a path is the same both ways."""
    ends = [*tour, tour[0]]
    return [
        (min(ends[number : number + 2]), max(ends[number : number + 2]))
        for number in range(len(tour))
    ]


def _time(checker: Checker, facts: Recomputed, run: Row, sites: list[str]) -> None:
    """Check ring, step and length of a run."""
    place, card, job = _place(run), run["accelerator"], facts.jobs[run["job"]]
    offered = any(abs(run["bandwidth_tbps"] - rate) < 1e-9 for rate in BANDWIDTHS_TBPS)
    checker.holds("bandwidth is on offer", place, fact=offered)
    rate = facts.utilisation(run["job"], card)
    fits = rate is not None and job["accelerator"] in {"", card}
    checker.holds("job runs on the accelerator", place, fact=fits)
    if rate is None or not sites or run["gang"] <= 0 or run["bandwidth_tbps"] <= 0.0:
        return
    kilometres = ring(facts, sites)[0]
    checker.equal("length of the ring", place, run["ring_km"], kilometres, "km")
    tera = run["gang"] * facts.cards[card]["bf16_dense_tflops"] * rate
    compute = job["step_flop"] / (tera * 1e12)
    checker.equal("computation of a step", place, run["compute_s"], compute, "s", scale=compute)
    exchanged = (len(sites) - 1) / len(sites) * job["gradient_gbit"]
    kappa = facts.parameters["ring_factor"]
    sync = kappa * exchanged / (run["bandwidth_tbps"] * 1000.0)
    sync += kappa * kilometres * facts.parameters["fibre_us_per_km"] * 1e-6
    if job["sync_scheme"] == "low_communication":
        sync /= facts.parameters["inner_steps_low_communication"]
    step = max(compute, sync) if facts.parameters["sync_overlap"] == 1.0 else compute + sync
    step = max(step, compute / facts.parameters["split_efficiency_cap"])
    checker.equal("time of a step", place, run["step_s"], step, "s", scale=step)
    checker.equal("efficiency of a run", place, run["efficiency"], compute / step, "1")
    floor = facts.parameters["split_efficiency_floor"]
    checker.at_least("least efficiency of a run", place, compute / step, floor, "1")
    checker.equal(
        "goodput", place, run["goodput"], facts.goodput(run["job"], card, run["gang"]), "1"
    )
    alone = facts.duration_days(run["job"], card, run["gang"])
    checker.equal("duration", place, run["duration_days"], alone * step / compute, "day")


def _window(checker: Checker, facts: Recomputed, run: Row) -> None:
    """Check that a run starts and ends within its months."""
    place, job = _place(run), facts.jobs[run["job"]]
    months = facts.month_shares(run["start_month"], run["duration_days"])
    active = [number for number, share in enumerate(months, start=1) if share > 1e-9]
    checker.at_least("earliest month", place, run["start_month"], job["earliest_month"], "month")
    last = max(active, default=run["start_month"])
    checker.at_most("deadline", place, last, job["deadline_month"], "month")
    inside = sum(share * length for share, length in zip(months, MONTH_DAYS, strict=True))
    checker.equal("the run ends within the year", place, inside, run["duration_days"], "day")


def _part(checker: Checker, facts: Recomputed, run: Row, part: Row) -> None:
    """Check one part: its place, its power and its data."""
    site, job = part["site"], facts.jobs[run["job"]]
    place = f"{run['job']}|{site}|{run['configuration']}"
    here = facts.sites[site]
    checker.holds("part is at a cluster", place, fact=bool(here["is_cluster"]))
    checker.at_most("largest gang", place, part["gang"], here["largest_gang"], "1")
    if job["residency"] == "province":
        home = facts.sites[job["dataset_site"]]["province"]
        checker.holds("job stays in its province", place, fact=here["province"] == home)
    power = run["runs"] * part["gang"] * facts.sustained_kw(run["accelerator"]) / 1000.0
    checker.equal("power of runs", place, part["it_mw"], power, "MW")
    share = part["gang"] / run["gang"] if run["gang"] > 0 else 0.0
    data = run["runs"] * share * facts.dataset_gbps(run["job"])
    checker.equal("data set rate", place, part["dataset_gbps"], data, "Gbit/s")


def check_counts(checker: Checker, plan: Written) -> dict[str, float]:
    """Check the numbers of runs and return how many of each job run over several sites."""
    placed: dict[str, float] = defaultdict(float)
    for run in plan.rows["split_runs"]:
        checker.at_least("runs are not negative", _place(run), run["runs"], 0.0, "runs")
        if not plan.relaxed:
            checker.whole("whole runs", _place(run), run["runs"], "runs")
        placed[run["job"]] += run["runs"]
    return placed


def split_flows(facts: Recomputed, plan: Written) -> defaultdict[str, float]:
    """Return what runs over several sites hold on each link, Gbit/s; zero on the others."""
    flow: defaultdict[str, float] = defaultdict(float)
    runs = {(row["job"], row["configuration"]): row for row in plan.rows["split_runs"]}
    sites: dict[tuple[str, str], list[str]] = defaultdict(list)
    for part in plan.rows["split_parts"]:
        key = (part["job"], part["configuration"])
        if key not in runs:
            continue
        sites[key].append(part["site"])
        home = facts.jobs[part["job"]]["dataset_site"]
        if facts.sites[home]["province"] != facts.sites[part["site"]]["province"]:
            share = part["gang"] / runs[key]["gang"]
            rate = runs[key]["runs"] * share * facts.dataset_gbps(part["job"])
            for link in facts.path(home, part["site"])[1]:
                flow[link] += rate
    for key, names in sites.items():
        held = runs[key]["runs"] * runs[key]["bandwidth_tbps"] * 1000.0
        for link, times in ring(facts, sorted(names))[1].items():
            flow[link] += held * times
    return flow
