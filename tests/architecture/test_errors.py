"""Errors reach another process as they are: what a worker found is told in full."""

from __future__ import annotations

import pickle

import pytest

from optimizer import errors
from optimizer.errors import EastwestError, Fault, InputError
from optimizer.labels import Text

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, EastwestError) and kind is not InputError
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_survives(kind: type[EastwestError]) -> None:
    error = kind(Text("{n} rows", "{n} 行").filled(n=3))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is kind
    assert [again.render("en"), again.render("zh"), str(again)] == ["3 rows", "3 行", "3 rows"]
    assert again.exit_code == kind.exit_code


def test_every_fault_survives() -> None:
    faults = [
        Fault(Text("wrong", "有误"), Text("mend it", "请改正"), "sites.csv", row, "pue", "0.9")
        for row in (2, 5)
    ]
    error = InputError(faults)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert again.faults == error.faults
    assert again.render("zh") == error.render("zh")
    assert again.exit_code == 1
