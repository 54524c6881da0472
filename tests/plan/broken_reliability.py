"""One-cell changes of a protected plan, with the rules they must be found to break."""

from __future__ import annotations

from typing import Final

from tests.plan.broken import Change, plus, times, to

_CHAT: Final = (("service", "chat"), ("site", "east_cluster"), ("region", "west"))
_ISLAND: Final = (("service", "control"), ("region", "island"))

RELIABILITY: Final = (
    Change(
        "backups",
        "share",
        "a little less",
        plus(-0.01),
        ("protected share", "backup work equals what is lost"),
    ),
    Change("backups", "share", "below nothing", to(-0.1), ("backup is not negative",)),
    Change(
        "backups",
        "share",
        "beyond the users within reach",
        to(0.2),
        ("share within reach in a failure",),
        _ISLAND,
    ),
    Change(
        "backups",
        "backup_site",
        "to a site of the same grid",
        to("east_metro"),
        (
            "backup outside the failed grid",
            "backup where the service may be",
            "round trip to the backup",
            "backup work equals what is lost",
        ),
        _CHAT,
    ),
    Change(
        "backups",
        "service",
        "of a service that is not protected",
        to("batch"),
        ("protected share", "network budget in a failure"),
        _CHAT,
    ),
    Change("backups", "rtt_p99_ms", "one way only", times(0.5), ("round trip to the backup",)),
    Change(
        "backups",
        "budget_ms",
        "of normal operation",
        to(6.0),
        ("network budget in a failure",),
        _ISLAND,
    ),
    Change(
        "backup_accelerators",
        "busy_accelerators",
        "half of them",
        times(0.5),
        ("requests of backup accelerators", "backup work equals what is lost"),
    ),
    Change(
        "backup_accelerators",
        "busy_accelerators",
        "below nothing",
        to(-1.0),
        ("busy for backup is not negative",),
    ),
    Change(
        "backup_accelerators",
        "busy_accelerators",
        "more than stand",
        times(30.0),
        ("accelerators in a failure", "needed in a failure"),
    ),
    Change(
        "backup_accelerators",
        "requests_million_per_day",
        "of a thousand",
        times(1e-3),
        ("requests of backup accelerators",),
    ),
    Change(
        "backup_accelerators",
        "service",
        "on what it cannot run on",
        to("archive"),
        ("backup runs on the accelerator",),
        (("accelerator", "old_card"),),
    ),
    Change(
        "backup_accelerators",
        "failure",
        "of the grid of the site itself",
        to("WE"),
        ("backup work equals what is lost", "failure is written"),
        (("site", "west_cluster"),),
    ),
    Change("failures", "needed", "ten more", plus(10.0), ("needed in a failure",)),
    Change("failures", "available", "as if always up", times(1.1), ("available in a failure",)),
    Change(
        "failures",
        "binding",
        "the other way",
        lambda binding: not binding,
        ("all needed in a failure",),
    ),
    Change(
        "failures",
        "accelerator",
        "another one",
        to("new_card"),
        ("failure takes something over", "failure is written"),
        (("failure", "WE"), ("site", "east_cluster")),
    ),
)
