"""What is logged of several series."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning.pytorch import LightningModule
from torch import Tensor

from cryptoforecast import DataNotice, RandomWalk
from cryptoforecast.models.contract.epoch_means import BatchTable, EpochMean
from tests.helpers import Given, coins_of, random_walk
from tests.models.helpers import LENGTHS, MAKERS, made, quiet_trainer


class Together(LightningModule):
    """What a mean asks its model for: what all processes have, of which this is the last."""

    def __init__(self, others: list[Tensor]) -> None:
        super().__init__()
        self.others = others

    trainer = strategy = property(lambda self: self)  # type: ignore[assignment]
    root_device, world_size, global_rank = torch.device("cpu"), 1, 0

    def reduce(self, tensor: Tensor, reduce_op: str) -> Tensor:
        assert reduce_op == "sum"
        self.others.append(tensor)
        return torch.stack(self.others).sum(0)

    def all_gather(self, tensor: Tensor) -> Tensor:
        return torch.stack([*self.others, tensor])


@given(
    counts=st.lists(st.integers(1, 1000), min_size=1, max_size=12),
    processes=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_scores_of_several_processes_are_those_of_one_to_the_last_digit(
    counts: list[int], processes: int, seed: int
) -> None:
    means = torch.randn(len(counts), 5, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    alone, running = BatchTable(), EpochMean()
    for mean, count in zip(means, counts, strict=True):
        alone.add(mean, count)
        running.add(mean[0], count)
    expected, others = alone.take(Together([])), []
    for rank in range(processes):
        table = BatchTable()
        for number, (mean, count) in enumerate(zip(means, counts, strict=True)):
            own = number % processes == rank
            table.add(mean if own else torch.zeros_like(mean), count if own else 0)
        taken = table.take(Together(others))
    assert torch.equal(taken, expected)
    assert torch.equal(running.take(Together([])), expected[0])


@given(
    counts=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12),
    cut=st.integers(0, 12),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_mean_of_an_epoch_is_the_same_to_the_last_bit_though_its_processes_go_on_from_a_checkpoint(
    counts: list[tuple[int, int]], cut: int, seed: int
) -> None:
    losses = torch.randn(len(counts), 2, generator=torch.Generator().manual_seed(seed))

    def added(mean: EpochMean, rank: int, first: int, last: int) -> EpochMean:
        for loss, count in zip(losses[first:last], counts[first:last], strict=True):
            mean.add(loss[rank], count[rank])
        return mean

    def taken(means: list[EpochMean]) -> Tensor | None:
        held = [mean.to_state(Together([]))["by_process"][0] for mean in means]
        return means[1].take(Together(held[:1]))

    straight = taken([added(EpochMean(), rank, 0, len(counts)) for rank in (0, 1)])
    broken = [added(EpochMean(), rank, 0, cut) for rank in (0, 1)]
    state = {"by_process": torch.cat([mean.to_state(Together([]))["by_process"] for mean in broken])}
    for rank, mean in enumerate(broken):
        mean.add(torch.tensor(99.0), 5)  # what came after the checkpoint is forgotten
        process = Together([])
        process.world_size, process.global_rank = 2, rank
        mean.from_state(process, state)
        added(mean, rank, cut, len(counts))
    again = taken(broken)
    assert again is straight is None or torch.equal(again, straight)  # type: ignore[arg-type]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_a_mean_goes_on_with_another_count_of_processes_or_from_a_checkpoint_that_has_the_total_alone(
    processes: int,
) -> None:
    by_process = torch.tensor([[3.0, 4.0], [5.0, 4.0], [1.0, 1.0], [0.0, 0.0]])
    for state in ({"by_process": by_process}, {"sum": torch.tensor([9.0]), "count": 9}):
        held: list[Tensor] = []
        for rank in range(processes):
            mean, process = EpochMean(), Together([])
            process.world_size, process.global_rank = processes, rank
            mean.from_state(process, state)
            held.append(mean.to_state(process)["by_process"][0])
        assert torch.stack(held).sum(dim=0).tolist() == [9.0, 9.0]


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
