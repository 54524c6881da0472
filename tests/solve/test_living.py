"""A living program that ends without an answer is solved again with other settings."""

from __future__ import annotations

import pytest

from optimizer.errors import SolverError
from optimizer.solve import conclude
from optimizer.solve.living import LivingModel
from tests.solve.edited_cases import model_of

UNLIMITED = 2**31 - 1


def stuck(name: str) -> LivingModel:
    """Return a living model whose solver gives up before its first step."""
    found = LivingModel(model_of(name))
    found._highs.setOptionValue("simplex_iteration_limit", 0)
    found._highs.setOptionValue("presolve", "off")
    return found


@pytest.mark.parametrize("settings", conclude.AGAIN)
@pytest.mark.parametrize("name", ["tiny", "hand"])
def test_other_settings_give_the_same_optimum(
    monkeypatch: pytest.MonkeyPatch, name: str, settings: dict[str, int | str]
) -> None:
    usual = LivingModel(model_of(name)).solve()
    monkeypatch.setattr(conclude, "AGAIN", ({**settings, "simplex_iteration_limit": UNLIMITED},))

    found = stuck(name)
    before = {option: found._highs.getOptionValue(option) for option in settings}
    again = found.solve()

    assert usual is not None
    assert again is not None
    assert again.objective == pytest.approx(usual.objective, rel=1e-9)
    for option, value in before.items():
        assert found._highs.getOptionValue(option) == value


def test_a_program_without_an_answer_says_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conclude, "AGAIN", ({"random_seed": 1},))
    with pytest.raises(SolverError, match="teration limit"):
        stuck("tiny").solve()
