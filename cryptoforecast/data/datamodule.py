"""From a source of closes to batches of windows."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float64
from lightning.pytorch import LightningDataModule, Trainer
from torch.utils.data import DataLoader

from cryptoforecast.data.loader import BatchOrder, WindowLoader
from cryptoforecast.data.series import CloseSeries, fingerprint
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.times import say_time, to_utc
from cryptoforecast.data.windows import Border, Fold, Window, WindowDataset, cut_fold, to_device
from cryptoforecast.errors import UserError
from cryptoforecast.spec import spec_of

LONGEST_SEARCH = 2000  # closes beyond those there are, when telling how many would be enough
WITHOUT_GRADIENTS = 1024  # windows a batch where nothing is learned: large enough to be quick, small enough to fit
STAGE_SETS = {"fit": ("train", "val"), "validate": ("val",), "test": ("test",), "predict": ()}


class CloseDataModule(LightningDataModule):
    """Windows of a close series, cut into training, validation and test by time.

    Args:
        source: where the closes come from.
        context_length: count of closes a model sees.
        horizon: count of closes it forecasts.
        batch_size: windows in a training batch.
        start: first day used, itself included; by default the first there is.
        end: last day used, itself included; by default the last there is.
        val_from: first validation target: a date, the count of closes before it (if negative, of closes from it
            on), or the fraction of closes before it.
        test_from: first test target, likewise.
        num_workers: processes that gather training batches; 0 is fastest, the closes being in memory.
    """

    def __init__(
        self,
        source: Source,
        context_length: int = 60,
        horizon: int = 1,
        batch_size: int = 64,
        start: str | None = None,
        end: str | None = None,
        val_from: Border = 0.8,
        test_from: Border = 0.9,
        num_workers: int = 0,
    ) -> None:
        super().__init__()
        for name, value in (("context_length", context_length), ("horizon", horizon), ("batch_size", batch_size)):
            if value < 1:
                raise UserError(f"data.{name} is {value}; it must be at least 1.")
        if num_workers < 0:
            raise UserError(f"data.num_workers is {num_workers}; it must be at least 0.")
        self.source = source
        self.context_length = context_length
        self.horizon = horizon
        self.batch_size = batch_size
        self.start = start
        self.end = end
        self.val_from = val_from
        self.test_from = test_from
        self.num_workers = num_workers
        self._series: CloseSeries | None = None

    def setup(self, stage: str) -> None:
        """Load the closes once, cut them, and see that the stage has windows to work on.

        Raises:
            UserError: if the source's rows are no close series, or too few for the lengths and borders set.
        """
        if self._series is None:
            self._series = self._between(self.source.load())
        if stage == "predict":
            self._require_context()
            return
        closes = self.series.closes
        self.fold: Fold = cut_fold(closes, self.context_length, self.horizon, self.val_from, self.test_from)
        for name in STAGE_SETS[stage]:
            self._require_windows(name)
        self.windows = WindowDataset(closes, self.context_length, self.horizon)

    @property
    def series(self) -> CloseSeries:
        """The closes from ``start`` to ``end``."""
        if self._series is None:
            raise RuntimeError("setup(stage) loads the closes; call it first.")
        return self._series

    def train_dataloader(self) -> WindowLoader | DataLoader[Window]:
        """Training windows, in an order of each epoch's own."""
        order = BatchOrder(self.fold.train, self.batch_size, shuffle=True, seed=torch.initial_seed())
        if self.num_workers == 0:
            return WindowLoader(self.windows, order)
        return DataLoader(
            dataset=self.windows, sampler=order, batch_size=None, num_workers=self.num_workers, persistent_workers=True
        )

    def val_dataloader(self) -> WindowLoader:
        """Validation windows, oldest first."""
        return WindowLoader(self.windows, BatchOrder(self.fold.val, WITHOUT_GRADIENTS))

    def test_dataloader(self) -> WindowLoader:
        """Test windows, oldest first."""
        return WindowLoader(self.windows, BatchOrder(self.fold.test, WITHOUT_GRADIENTS))

    def transfer_batch_to_device(self, batch: Window, device: torch.device, dataloader_idx: int) -> Window:
        """Move a batch to where the model is."""
        return to_device(batch, device)

    def train_closes(self) -> Float64[torch.Tensor, " time"]:
        """Every close that a training window holds, and no later one: what a scaling may be fitted on."""
        return self.windows.prices[: self.fold.train.stop + self.context_length + self.horizon - 1, 0]

    def last_target_time(self, windows: range) -> pd.Timestamp:
        """When the last target of a range of windows closes."""
        return self.series.closes.index[windows.stop + self.context_length + self.horizon - 2]

    def record(self) -> dict[str, Any]:
        """What a checkpoint keeps of the data: these settings, the closes' identity, and how far they were used."""
        return {
            "settings": spec_of(self)["init_args"],
            "interval": int(self.series.interval.value),
            "provenance": [to_record(self.series)],
            "fitted_until": self.last_target_time(self.fold.train).isoformat(),
            "selected_until": self.last_target_time(self.fold.val).isoformat(),
        }

    def _between(self, series: CloseSeries) -> CloseSeries:
        for name, date in (("start", self.start), ("end", self.end)):
            if date is not None:
                to_utc(date, f"data.{name}")  # pandas would complain in its own words
        closes = series.closes.loc[self.start : self.end]
        if not len(closes):
            first, last = say_time(series.closes.index[0]), say_time(series.closes.index[-1])
            raise UserError(
                f"{series.closes.name}: there are closes from {first} to {last}, and none between "
                f"data.start ({self.start or first}) and data.end ({self.end or last})."
            )
        used = replace(
            series.provenance,
            first=closes.index[0].isoformat(),
            last=closes.index[-1].isoformat(),
            rows=len(closes),
            sha256=fingerprint(closes),
        )
        return series._replace(closes=closes, provenance=used)

    def _require_context(self) -> None:
        count = len(self.series.closes)
        if count < self.context_length:
            raise UserError(
                f"{self.series.closes.name}: {count} closes are too few to forecast from; "
                f"the model looks at {self.context_length} (data.context_length)."
            )

    def _require_windows(self, name: str) -> None:
        if len(getattr(self.fold, name)):
            return
        closes, lengths = self.series.closes, {"context_length": self.context_length, "horizon": self.horizon}
        remedies = [f"a data.{length} of at most {most}" for length in lengths if (most := self._longest(name, length))]
        if fewest := self._fewest_closes(name):
            remedies.append(f"at least {fewest} closes")
        raise UserError(
            f"{closes.name}: {len(closes)} closes leave no {name} window with data.context_length "
            f"{self.context_length}, data.horizon {self.horizon}, data.val_from {self.val_from} and data.test_from "
            f"{self.test_from}; {' or '.join(remedies) or 'other borders'} would do."
        )

    def _longest(self, name: str, length: str) -> int:
        """How long a context or horizon may be for the set not to be empty; 0 if none is short enough."""
        set_to = getattr(self, length)
        return next((n for n in range(set_to - 1, 0, -1) if self._has(name, self.series.closes, **{length: n})), 0)

    def _fewest_closes(self, name: str) -> int:
        """How many closes, going on as these do, it takes for the set not to be empty; 0 if none are enough."""
        closes, interval = self.series.closes, self.series.interval
        enough = len(closes) + min(20 * (self.context_length + self.horizon), LONGEST_SEARCH)
        times = pd.date_range(closes.index[0], periods=enough, freq=interval)
        longer = pd.Series(np.ones(enough), index=times, name=closes.name)
        return next((n for n in range(len(closes) + 1, enough + 1) if self._has(name, longer.iloc[:n])), 0)

    def _has(self, name: str, closes: pd.Series, **lengths: int) -> bool:
        lengths = {"context_length": self.context_length, "horizon": self.horizon, **lengths}
        try:
            fold = cut_fold(closes, **lengths, val_from=self.val_from, test_from=self.test_from)
        except UserError:
            return False
        return len(getattr(fold, name)) > 0


def closes_of(trainer: Trainer) -> CloseDataModule | None:
    """The data module a trainer works on, if it is ours."""
    data = getattr(trainer, "datamodule", None)
    return data if isinstance(data, CloseDataModule) else None


def to_record(series: CloseSeries) -> dict[str, Any]:
    """A series' provenance as a dictionary that JSON and checkpoints can hold."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(series.provenance).items()
    }
