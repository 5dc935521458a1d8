"""From a source to batches."""

import pytest
import torch
from lightning.pytorch import seed_everything

from cryptoforecast import CloseDataModule, UserError
from tests.conftest import Given, data_of, random_walk


def test_start_and_end_are_days_that_are_themselves_included() -> None:
    data = data_of(random_walk(100), start="2020-01-11", end="2020-03-30")
    assert data.series.provenance.rows == 80
    assert (data.series.provenance.first[:10], data.series.provenance.last[:10]) == ("2020-01-11", "2020-03-30")


def test_the_closes_a_scaling_may_see_end_with_the_last_training_target() -> None:
    data = data_of(random_walk(100), val_from=70, test_from=90)
    seen = data.train_closes()
    assert len(seen) == 70
    last = data.windows[data.fold.train[-1]]
    assert seen[-1] == last.target[-1]


def test_changing_any_later_close_changes_no_training_batch() -> None:
    closes = random_walk(100)
    first = data_of(closes, val_from=70, test_from=90)
    second = data_of([*closes[:70], *(3 * close for close in closes[70:])], val_from=70, test_from=90)
    for one, other in zip(first.train_dataloader(), second.train_dataloader(), strict=True):
        assert all(torch.equal(field, same) for field, same in zip(one, other, strict=True))


def test_workers_gather_the_same_batches_as_none() -> None:
    batches = []
    for num_workers in (0, 1):
        seed_everything(3)
        data = data_of(random_walk(100), num_workers=num_workers)
        batches.append([window.context for window in data.train_dataloader()])
    assert len(batches[0]) == 2
    assert all(torch.equal(one, other) for one, other in zip(*batches, strict=True))


@pytest.mark.parametrize("stage", ["fit", "validate", "test"])
def test_too_few_closes_are_refused_with_what_would_do(stage: str) -> None:
    data = CloseDataModule(Given(random_walk(59)), context_length=60)
    with pytest.raises(
        UserError, match=r"COIN-USD: 59 closes leave no .* window with data.context_length 60"
    ) as refused:
        data.setup(stage)
    assert "data.context_length of at most" in str(refused.value)


def test_the_remedies_are_true() -> None:
    """What the sentence says would do does, and one less does not."""
    with pytest.raises(UserError, match=r"context_length of at most 46 or at least 76 closes would do"):
        CloseDataModule(Given(random_walk(59)), context_length=60).setup("fit")
    CloseDataModule(Given(random_walk(59)), context_length=46).setup("fit")
    CloseDataModule(Given(random_walk(76)), context_length=60).setup("fit")
    with pytest.raises(UserError):
        CloseDataModule(Given(random_walk(59)), context_length=47).setup("fit")
    with pytest.raises(UserError):
        CloseDataModule(Given(random_walk(75)), context_length=60).setup("fit")


def test_forecasting_ahead_needs_no_more_than_a_context() -> None:
    CloseDataModule(Given(random_walk(60)), context_length=60).setup("predict")
    with pytest.raises(UserError, match="59 closes are too few to forecast from; the model looks at 60"):
        CloseDataModule(Given(random_walk(59)), context_length=60).setup("predict")


@pytest.mark.parametrize("setting", ["context_length", "horizon", "batch_size"])
def test_a_length_below_one_is_refused_by_name(setting: str) -> None:
    with pytest.raises(UserError, match=f"data.{setting} is 0"):
        CloseDataModule(Given(random_walk(60)), **{setting: 0})


def test_days_that_hold_no_closes_are_refused_with_those_that_do() -> None:
    with pytest.raises(
        UserError, match=r"closes from 2020-01-01 to 2020-04-09, and none between data.start \(2030-01-01\)"
    ):
        data_of(random_walk(100), start="2030-01-01")
    with pytest.raises(UserError, match="data.end is 'soon'"):
        data_of(random_walk(100), end="soon")


def test_a_source_is_asked_once() -> None:
    asked = []

    class Counted(Given):
        def load(self):  # type: ignore[no-untyped-def]
            asked.append(1)
            return super().load()

    data = CloseDataModule(Counted(random_walk(100)), context_length=5)
    data.setup("fit")
    data.setup("validate")
    data.setup("test")
    assert asked == [1]
