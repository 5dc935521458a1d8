"""What is claimed of the best of several models, from hand-made comparisons."""

from cryptoforecast.evaluation import significance
from cryptoforecast.evaluation.comparison.against_benchmark import Superior
from cryptoforecast.evaluation.comparison.best_claim import claim_by_rungs
from cryptoforecast.evaluation.comparison.measures import SQUARED
from cryptoforecast.evaluation.sentence import sentence_of
from cryptoforecast.evaluation.tries import Tried


def sentence(better: list[str]) -> str:
    """The sentence on two models, of which Wild has the lower mean loss."""
    superior = Superior(
        relative={"Wild": 0.98, "Steady": 0.99, "RandomWalk": 1.0},
        tests={name: significance.TestResult(0.001, "") for name in ("Wild", "Steady", "RandomWalk")},
        spa_p=0.01,
        models=better,
    )
    models = ["Wild", "Steady", "RandomWalk"]
    claim = claim_by_rungs(
        models, {"RandomWalk": superior}, SQUARED, Tried(2, 2),
        targets=100, chosen_on=False, simulated=False, flattered_by="",
    )  # fmt: skip
    return sentence_of(claim)


def test_the_best_of_those_given_is_called_so_where_it_has_the_lowest_loss_and_is_found_better() -> None:
    claim = sentence(["Wild", "Steady"])
    assert claim.startswith("Wild is better than the random walk, also as the best of those given: its RMSE is 2.00% ")


def test_a_model_that_is_found_better_without_the_lowest_loss_is_not_called_the_best() -> None:
    assert sentence(["Steady"]).startswith(
        "Steady is better than the random walk, also among the 2 given: its RMSE is 1.00% lower on 100 targets"
    )
