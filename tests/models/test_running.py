"""What is logged of several series."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning.pytorch import LightningModule
from torch import Tensor

from cryptoforecast import DataNotice, RandomWalk
from cryptoforecast.models.running import BatchTable, RunningMean
from tests.conftest import Given, coins_of, random_walk
from tests.models.test_forecaster import LENGTHS, MAKERS, made, quiet_trainer


class Together(LightningModule):
    """What a table asks its model for: the sum of what all processes have, of which this is the last."""

    def __init__(self, others: list[Tensor]) -> None:
        super().__init__()
        self.others = others

    trainer = strategy = property(lambda self: self)  # type: ignore[assignment]

    def reduce(self, tensor: Tensor, reduce_op: str) -> Tensor:
        assert reduce_op == "sum"
        self.others.append(tensor)
        return torch.stack(self.others).sum(0)


@given(
    counts=st.lists(st.integers(1, 1000), min_size=1, max_size=12),
    processes=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_scores_of_several_processes_are_those_of_one_to_the_last_digit(
    counts: list[int], processes: int, seed: int
) -> None:
    means = torch.randn(len(counts), 5, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    alone, running = BatchTable(), RunningMean()
    for mean, count in zip(means, counts, strict=True):
        alone.add(mean, count)
        running.add(mean, count)
    expected, others = alone.take(Together([])), []
    for rank in range(processes):
        table = BatchTable()
        for number, (mean, count) in enumerate(zip(means, counts, strict=True)):
            own = number % processes == rank
            table.add(mean if own else torch.zeros_like(mean), count if own else 0)
        taken = table.take(Together(others))
    assert torch.equal(taken, expected)
    assert torch.equal(running.take(Together([])), expected)


def test_the_skill_over_several_series_is_the_mean_of_theirs(tmp_path: Path) -> None:
    cheap = Given(random_walk(150, seed=1, first=0.05), symbol="CHEAP-USD")
    with pytest.warns(DataNotice, match="GONE-USD: no val window"):
        data = coins_of(Given(random_walk(200)), cheap, Given(random_walk(30), symbol="GONE-USD"), val_from=100)
    forecaster, trainer = made(MAKERS["LSTM"], random_walk(200)), quiet_trainer(tmp_path)
    trainer.validate(forecaster, data, verbose=False)
    window, skills = data.windows[data.fold.val], []
    with torch.no_grad():
        errors = forecaster.forecast(window.context) - window.target
    walk = window.context[:, -1:, 0] - window.target
    for number in (0, 1):
        own, theirs = (values[window.series == number].square().mean().sqrt() for values in (errors, walk))
        skills.append(1 - own / theirs)
    torch.testing.assert_close(trainer.callback_metrics["val/skill"], torch.stack(skills).mean().float())
    torch.testing.assert_close(trainer.callback_metrics["val/rmse"], errors.square().mean().sqrt().float())
    trainer.validate(RandomWalk(**LENGTHS), data, verbose=False)
    assert trainer.callback_metrics["val/skill"] == 0.0
