"""One-cell changes of a plan with a run over several sites, and the rules they must break."""

from __future__ import annotations

from tests.plan.broken import Change, plus, times, to

EAST = (("site", "east_cluster"),)

SPLIT_CHANGES = (
    Change(
        "split_runs", "job", "of another job", to("base"), ("all runs", "part belongs to a run")
    ),
    Change(
        "split_runs",
        "configuration",
        "of another name",
        to("east and west"),
        ("name of the configuration", "part belongs to a run", "number of sites of a run"),
    ),
    Change(
        "split_runs",
        "accelerator",
        "another one",
        to("new_card"),
        ("job runs on the accelerator", "computation of a step", "duration"),
    ),
    Change("split_runs", "start_month", "too early", to(1), ("earliest month",)),
    Change("split_runs", "start_month", "too late", to(10), ("deadline",)),
    Change(
        "split_runs",
        "duration_days",
        "beyond the year",
        to(400.0),
        ("the run ends within the year", "duration"),
    ),
    Change(
        "split_runs",
        "gang",
        "more than its parts",
        plus(8),
        ("parts of the gang", "given gang", "duration"),
    ),
    Change("split_runs", "sites", "one left out", to("east_cluster"), ("sites of a run",)),
    Change("split_runs", "bandwidth_tbps", "more", to(1.6), ("flow", "time of a step")),
    Change("split_runs", "bandwidth_tbps", "not on offer", to(0.5), ("bandwidth is on offer",)),
    Change("split_runs", "ring_km", "there only", times(0.5), ("length of the ring",)),
    Change("split_runs", "compute_s", "ms for s", times(1e3), ("computation of a step",)),
    Change("split_runs", "step_s", "without light", plus(-0.0147), ("time of a step",)),
    Change("split_runs", "efficiency", "perfect", to(1.0), ("efficiency of a run",)),
    Change("split_runs", "duration_days", "as at one site", times(0.955), ("duration",)),
    Change("split_runs", "goodput", "less", times(0.9), ("goodput",)),
    Change("split_runs", "runs", "one more", plus(1.0), ("all runs", "power of runs", "flow")),
    Change("split_runs", "runs", "below nothing", to(-1.0), ("runs are not negative",)),
    Change("split_runs", "runs", "half a run", to(0.5), ("whole runs",)),
    Change("split_parts", "gang", "not whole servers", plus(1), ("parts of the gang",), EAST),
    Change("split_parts", "gang", "beyond the fabric", to(8000), ("largest gang",), EAST),
    Change(
        "split_parts",
        "site",
        "at a city",
        to("east_metro"),
        ("part is at a cluster", "load of a profile", "gangs peak", "site training_mw"),
        EAST,
    ),
    Change("split_parts", "it_mw", "one per cent less", times(0.99), ("power of runs",), EAST),
    Change("split_parts", "dataset_gbps", "the whole set", times(2.0), ("data set rate",), EAST),
)

RULES_OF_OTHER_PLANS = {
    "job may run over several sites",
    "least efficiency of a run",
    "whole servers of the parts",
}
"""Rules that a plan for another case or of other parts breaks: test_split_runs."""
