"""What the lines of an examination share: closes, fits and forecasts, each made once, when it is first asked for."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor

from cryptoforecast.audit.origins import forecasts, sample
from cryptoforecast.check.closes import data_over, sine, walk
from cryptoforecast.check.learning import fall_of
from cryptoforecast.check.outcomes import NotTried
from cryptoforecast.check.short_fit import Fitted, learns, short_fit
from cryptoforecast.check.subject import Subject
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CloseSeries

ROWS = 320  # of the walk that most lines use
BATCH_SIZE = 32
EPOCHS = 2
LEAST_STEPS = 200
BORDERS = {"val_from": 0.6, "test_from": 0.8}
COMPANION = 99  # seed of the walk that stands beside a series where a model sees all series at once
COMPARED = 64  # windows whose forecasts are compared
SINE_ROWS, SINE_STEPS, EVERY = 400, 600, 20  # of the sine; most steps, and after how many its loss is looked at


class Examination:
    """The closes, fits and forecasts that lines share.

    Args:
        subject: what is examined.
        folder: for checkpoints.
    """

    def __init__(self, subject: Subject, folder: Path) -> None:
        self.subject, self.folder = subject, folder
        self.steps_of_planted = LEAST_STEPS  # after which a planted pattern was found; a walk has as many

    @cached_property
    def closes(self) -> CloseSeries:
        """A walk in which there is nothing to find."""
        return walk(ROWS)

    def data(self, series: Sequence[CloseSeries] | None = None, **changes: Any) -> CloseDataModule:
        """A data module, set up.

        Args:
            series: its series; by default :attr:`closes`. Where all series are seen at once, one is given a companion.
            changes: of the settings: lengths and columns are by default the subject's.
        """
        settings = {"batch_size": BATCH_SIZE, **BORDERS, **self.subject.settings, **changes}
        series = list(series or [self.closes])
        if settings.get("across") and len(series) == 1:
            series.append(walk(len(series[0].closes), COMPANION, "COMPANION"))
        return data_over(series, **settings)

    def fit(
        self,
        data: CloseDataModule,
        steps: int = -1,
        epochs: int = -1,
        callbacks: Sequence[Callback] = (),
        made_with: dict[str, Any] | None = None,
        **options: Any,
    ) -> Fitted:
        """A new model after a short fit.

        Args:
            data: set up.
            steps: of the optimizer.
            epochs: the limit if there is none of steps.
            callbacks: of the fit.
            made_with: further arguments of the model, such as ``head``.
            options: of :func:`short_fit`.
        """
        model = self.subject.made_for(data, **(made_with or {}))
        return short_fit(model, data, self.folder, steps, epochs, callbacks=callbacks, **options)

    @cached_property
    def fitted(self) -> Fitted:
        """A model after two whole epochs with their validations, of which each has left a checkpoint."""
        keep = ModelCheckpoint(self.folder, "epoch-{epoch}", save_top_k=-1, auto_insert_metric_name=False)
        return self.fit(self.data(), epochs=EPOCHS, callbacks=[keep], validate=True)

    @cached_property
    def fitted_on_sine(self) -> Fitted:
        """A model that has learned a sine until its loss has fallen enough.

        Raises:
            NotTried: if it has no weights to learn it with.
        """
        data = self.data([sine(SINE_ROWS)], val_from=-40, test_from=-20)
        if not learns(self.subject.made_for(data)):
            raise NotTried("it has no weights that gradients train.")
        return self.fit(data, SINE_STEPS, until=lambda fitted: fall_of(fitted.losses).is_enough, every=EVERY)

    @property
    def first_checkpoint(self) -> Path:
        """The checkpoint after the first epoch of :attr:`fitted`."""
        return self.folder / "epoch-0.ckpt"

    @property
    def positions(self) -> Tensor:
        """The numbers of the windows whose forecasts are compared, of the training and the validation windows."""
        fold = self.fitted.data.fold
        return sample(torch.cat([fold.train, fold.val]), COMPARED)

    def forecasts(self, fitted: Fitted, positions: Tensor | None = None) -> Tensor:
        """The forecasts of a fitted model in prices, followed by its quantiles if it has a distribution."""
        return forecasts(fitted.model, fitted.data.windows, self.positions if positions is None else positions)
