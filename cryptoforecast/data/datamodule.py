"""The data module: from sources of closes to batches of windows."""

from collections.abc import Sequence
from typing import Any, NoReturn

import pandas as pd
import torch
from jaxtyping import Float32, Float64, Int64
from lightning.pytorch import LightningDataModule, Trainer
from torch import Tensor

from cryptoforecast.data.across import common_stretch
from cryptoforecast.data.bars import Bars, bars_of, mark_trained
from cryptoforecast.data.batches import EVAL_BATCH_SIZE as EVAL_BATCH_SIZE
from cryptoforecast.data.batches import BatchOrder, OneBatch, Sample, WindowLoader
from cryptoforecast.data.datamodule_checks import require_contexts, require_settings, require_windows
from cryptoforecast.data.fit_listeners import tell_that_a_fit_begins
from cryptoforecast.data.folds import Border, Cut, Fold, cut_fold, with_stride
from cryptoforecast.data.future import columns_among, known_at_bars, load_with_future, require_future
from cryptoforecast.data.interval import Interval
from cryptoforecast.data.last_windows import last_windows
from cryptoforecast.data.load_series import to_record
from cryptoforecast.data.processes import agreed_seed, process_of
from cryptoforecast.data.series import CLOSE, CloseSeries
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.training_order import training_order
from cryptoforecast.data.windows import WINDOWS_AT_A_TIME, Window, WindowDataset, to_device
from cryptoforecast.errors import UserError
from cryptoforecast.recipe.write import recipe_of

STAGE_SETS = {"fit": ("train", "val"), "validate": ("val",), "test": ("test",), "predict": ()}


class CloseDataModule(LightningDataModule):
    """Windows of one or several close series, cut into training, validation and test by time.

    The windows of several series are trained on together. The borders are the same days for all series.

    Args:
        source: where the closes come from; of several series, a list.
        context_length: count of bars that a model sees.
        horizon: count of closes that it forecasts.
        batch_size: windows in a training batch.
        start: first day used, itself included; by default the first there is.
        end: last day used, itself included; by default the last there is.
        val_from: first validation target: a date, the count of closes before it (if negative, of closes from it on), or
            the fraction of closes before it. Of several series, each time is counted once.
        test_from: first test target, in the same way.
        columns: what a model sees of each bar, such as ``[Close, Volume, Funding]``; the first is forecast.
        num_workers: processes that gather training batches; 0 is fastest, as the closes are in memory.
        drop_last: whether a last training batch of fewer windows is left out, as for a BatchNorm.
        future: what is known beforehand of the targets' times: features of the calendar, see :func:`calendar`, and
            columns that the source declares to be known.
        stride: of the training windows of a series, each so manieth is used; with the horizon, targets do not overlap.
        across: whether a model sees all series at the same times at once, and forecasts all of them.

    Attributes:
        fold: the numbers of the windows of each set; from ``setup("fit")``, ``"validate"`` or ``"test"`` on.
        windows: the windows of all series; from the same calls on.
        series: the close series from ``start`` to ``end``; from any ``setup`` on, also ``"predict"``.

    Raises:
        UserError: if a setting cannot be used, whatever the closes are.

    >>> from cryptoforecast import SimulatedSource
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20, val_from=0.8, test_from="2015-04-01")
    >>> data.setup("fit")
    >>> [len(windows) for windows in data.fold], len(data.series[0].closes)
    ([60, 10, 10], 100)
    >>> data.windows[data.fold.val].target.shape
    torch.Size([10, 1])
    """

    sample: Sample | None = None  # a subclass may write sample(windows, epoch, generator); see data/README.md

    def __init__(
        self,
        source: Source | list[Source],
        context_length: int = 60,
        horizon: int = 1,
        batch_size: int = 64,
        start: str | None = None,
        end: str | None = None,
        val_from: Border = 0.8,
        test_from: Border = 0.9,
        columns: Sequence[str] = (CLOSE,),
        num_workers: int = 0,
        drop_last: bool = False,
        future: Sequence[str] = (),
        stride: int = 1,
        across: bool = False,
    ) -> None:
        super().__init__()
        counts = {"context_length": context_length, "horizon": horizon, "batch_size": batch_size, "stride": stride}
        borders = {"val_from": val_from, "test_from": test_from}
        require_settings(source, counts, {"start": start, "end": end}, borders, columns, num_workers)
        require_future(future)
        self.source = source
        self.context_length, self.horizon, self.batch_size = context_length, horizon, batch_size
        self.start, self.end = start, end
        self.val_from, self.test_from = val_from, test_from
        self.columns, self.num_workers, self.drop_last = tuple(columns), num_workers, drop_last
        self.future = tuple(future)
        self.stride, self.across = stride, across
        self._checked: set[str] = set()
        self._series: list[CloseSeries] = []
        self._bars: list[Bars] = []
        self.last_window: Window | None = None  # with what a model takes beside the bars, for predict_dataloader
        self._recorded: tuple[Fold, dict[str, Any]] | None = None
        self._known: Tensor | None = None  # beforehand, of the time of each bar

    def setup(self, stage: str) -> None:
        """Load the closes and cut them into windows, both once, and check that the stage has windows.

        Args:
            stage: ``fit``, ``validate``, ``test`` or ``predict``, for which nothing is cut.

        Raises:
            UserError: if a source's rows are no close series, or too few for the lengths and borders set.
        """
        sources = self.source if isinstance(self.source, list) else [self.source]
        self._series = self._series or load_with_future(sources, self.columns, self.future, self.start, self.end)
        if self.across:
            self._series = common_stretch(self._series)
        if stage == "predict":
            require_contexts(self.series, self.context_length)
            return
        if not hasattr(self, "fold"):
            self.windows = WindowDataset(self.series, self.context_length, self.horizon, self.columns, self.across)
            fold = cut_fold(self.windows, self.val_from, self.test_from)
            self.fold: Fold = with_stride(self.windows, fold, self.stride)
        for name in (unseen for unseen in STAGE_SETS[stage] if unseen not in self._checked):
            cut = Cut(self.context_length, self.horizon, self.val_from, self.test_from)
            require_windows(self.windows, name, self.fold, cut, self.series)
            self._checked.add(name)

    @property
    def loaded_columns(self) -> tuple[str, ...]:
        """The columns that a source is asked for: those that a model sees, and those known beforehand."""
        return tuple(dict.fromkeys([*self.columns, *columns_among(self.future)]))

    @property
    def series(self) -> list[CloseSeries]:
        """The closes from ``start`` to ``end``, in the order of the sources; RuntimeError before ``setup``."""
        if not self._series:
            raise RuntimeError("setup(stage) loads the closes; call it first.")
        return self._series

    @property
    def interval(self) -> Interval:
        """The time from one close to the next, the same in all series."""
        return self.series[0].interval

    @property
    def simulated(self) -> bool:
        """Whether the prices of a series are simulated."""
        return any(series.provenance.simulated for series in self.series)

    def train_dataloader(self) -> WindowLoader:
        """Training windows, in another order in each epoch; of several processes, this one's share of each batch."""
        process, seed = process_of(self.trainer), agreed_seed(self.trainer, self.series)
        tell_that_a_fit_begins(self.trainer)
        order = training_order(self, process, seed)
        return WindowLoader(self._on_device(self.num_workers), order, self.num_workers)

    def val_dataloader(self) -> WindowLoader:
        """Validation windows, series by series, oldest first; of several processes, this one's batches."""
        return self._evaluation_loader(self.fold.val)

    def test_dataloader(self) -> WindowLoader:
        """Test windows, in the same way."""
        return self._evaluation_loader(self.fold.test)

    def predict_dataloader(self) -> OneBatch:
        """One batch of the last ``context_length`` bars of each series; its targets are NaN."""
        return OneBatch(self.last_window or last_windows(self.series, self.context_length, self.horizon, self.columns))

    def transfer_batch_to_device(self, batch: Window, device: torch.device, dataloader_idx: int) -> Window:
        """Move a batch to the device of the model; see :func:`~cryptoforecast.data.windows.to_device`."""
        return to_device(batch, device)

    def train_closes(self) -> Float64[Tensor, " time"]:
        """The closes in training windows, each once, in the currency of their series: what a scaling is fitted on."""
        return self.train_values(self.columns[0])

    def train_values(self, column: str) -> Float64[Tensor, " time"]:
        """The values of a column in training windows, each once: what a scaling of the column is fitted on."""
        values = self.windows.prices[:, self.columns.index(column)].numpy()
        return torch.from_numpy(values[self.windows.held_by(self.fold.train).numpy()])

    def known_beforehand(self) -> Float32[Tensor, "rows features"]:
        """What is known beforehand of the time of each bar, as ``future`` names it."""
        if self._known is None:
            self._known = torch.cat([known_at_bars(series, self.future) for series in self.series])
        return self._known

    def bars(self) -> list[Bars]:
        """The bars of all series, those in training windows marked, with High and Low wherever a source has them."""
        sources = self.source if isinstance(self.source, list) else [self.source]
        pairs = zip(self.series, sources, strict=True)
        self._bars = self._bars or [bars_of(series, source) for series, source in pairs]
        trained = self.windows.held_by(self.fold.train).numpy() if hasattr(self, "fold") else None
        return mark_trained(self._bars, trained)

    def last_target_time(self, windows: Int64[Tensor, " windows"]) -> pd.Timestamp:
        """The latest time of a target of some windows, over all series."""
        blocks = torch.split(windows, WINDOWS_AT_A_TIME)
        return pd.Timestamp(int(max(self.windows.target_times(block)[:, -1].max() for block in blocks)), tz="UTC")

    def first_target_time(self, windows: Int64[Tensor, " windows"]) -> pd.Timestamp:
        """The earliest time of a target of some windows, over all series."""
        blocks = torch.split(windows, WINDOWS_AT_A_TIME)
        return pd.Timestamp(int(min(self.windows.target_times(block)[:, 0].min() for block in blocks)), tz="UTC")

    def record(self) -> dict[str, Any]:
        """The data as a checkpoint keeps it: settings, identity of the closes, and the last times that were used."""
        if self._recorded is None or self._recorded[0] is not self.fold:  # each checkpoint calls this
            record = {
                "interval": self.interval.record,
                "provenance": [to_record(series) for series in self.series],
                "fitted_until": self.last_target_time(self.fold.train).isoformat(),
                "selected_until": self.last_target_time(self.fold.val).isoformat(),
            }
            self._recorded = self.fold, record
        recipe = recipe_of(self)  # each time: a finder may have set the batch size
        subclass = {} if type(self) is CloseDataModule else {"class_path": recipe["class_path"]}
        return {**subclass, "settings": recipe["init_args"], **self._recorded[1]}

    @classmethod
    def load_from_checkpoint(cls, *_: Any, **__: Any) -> NoReturn:
        """Refuse with a UserError: Lightning would call a class that the file names."""
        raise UserError(
            "CloseDataModule.load_from_checkpoint: closes are read by test, validate and predict --ckpt_path; "
            "in Python, make a CloseDataModule of a source."
        )

    def _evaluation_loader(self, windows: Int64[Tensor, " windows"]) -> WindowLoader:
        order = BatchOrder(windows, EVAL_BATCH_SIZE, process=process_of(self.trainer), by_turns=True)
        return WindowLoader(self._on_device(), order)

    def _on_device(self, num_workers: int = 0) -> WindowDataset:
        """The windows, moved to the GPU of the model: then no step waits for a copy. Workers cannot use a GPU."""
        device = torch.device("cpu") if self.trainer is None else self.trainer.strategy.root_device
        return self.windows.to(device) if device.type == "cuda" and num_workers == 0 else self.windows


def datamodule_of(trainer: Trainer) -> CloseDataModule | None:
    """The data module of a trainer if it is a :class:`CloseDataModule`, else None."""
    data = getattr(trainer, "datamodule", None)
    return data if isinstance(data, CloseDataModule) else None
