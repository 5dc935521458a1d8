"""The journal of a search: interrupted anywhere, it goes on with the trials that it would have had."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptoforecast.study.tune.journal import FILE, Journal
from cryptoforecast.study.tune.search_space import read_search_space

pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'cryptoforecast[tune]'")

SPACE = read_search_space(
    {"model.hidden_size": {"low": 4, "high": 64, "log": True}, "model.dropout": {"low": 0.0, "high": 0.5}}
)
TRIALS = 14


def value_of(words: list[str]) -> float:
    size, dropout = (float(word.partition("=")[2]) for word in words)
    return -abs(size - 20) - dropout


def searched(folder: Path, sampler: str, stops: set[int]) -> tuple[dict[int, list[str]], dict[int, float | None]]:
    """The words and values by order of a search that is given up, and begun again, at some of its trials."""
    words, asked = dict[int, list[str]](), 0
    while True:
        journal = Journal(folder, SPACE, True, sampler, "none", 0)
        for order in (order for order in range(TRIALS) if order not in journal.trials):
            words[order], asked = journal.ask(order), asked + 1
            if asked in stops:
                break
            journal.tell(order, value_of(words[order]))
        else:
            return words, {order: trial.value for order, trial in journal.trials.items()}


@pytest.mark.parametrize("sampler", ["tpe", "random"])
@given(stops=st.sets(st.integers(1, TRIALS), max_size=4))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_given_up_at_any_trials_a_search_has_the_same_ones_as_one_in_a_go(
    sampler: str, stops: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole, broken = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("broken")
    assert searched(whole, sampler, set()) == searched(broken, sampler, stops)


def test_a_journal_whose_last_line_was_cut_off_and_whose_lock_was_left_is_read(tmp_path: Path) -> None:
    first = Journal(tmp_path, SPACE, True, "random", "none", 0)
    words = first.ask(0)
    first.tell(0, 1.0)
    with (tmp_path / FILE).open("a") as file:
        file.write('{"op_code": 4, "work')
    (tmp_path / f"{FILE}.lock").touch()
    again = Journal(tmp_path, SPACE, True, "random", "none", 0)
    assert {order: trial.user_attrs["words"] for order, trial in again.trials.items()} == {0: words}
    again.ask(1)
    again.tell(1, None, "it broke")
    assert again.trials[1].user_attrs["failure"] == "it broke"
    assert again.best_value == 1.0


def test_the_median_pruner_ends_a_trial_that_is_worse_than_half_of_those_before_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path, SPACE, True, "random", "median", 0)
    for order in range(6):
        journal.ask(order)
        assert journal.goes_on(order, {0: float(order)}), "five trials come to their end before any is pruned"
        journal.tell(order, float(order))
    journal.ask(6)
    assert not journal.goes_on(6, {0: -1.0})
    journal.tell(6, -1.0, pruned=True)
    assert journal.trials[6].state.name == "PRUNED"
    assert journal.best_value == 5.0
