"""Cryptocurrency forecasting that never flatters.

Importing this runs nothing and loads nothing; each name is fetched from its room when it is first used.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cryptoforecast._version import __version__ as __version__
from cryptoforecast.data.fit_listeners import call_when_a_fit_begins
from cryptoforecast.threads import spin_briefly

if TYPE_CHECKING:
    from cryptoforecast.audit.lookahead import LookAhead
    from cryptoforecast.audit.run import audit
    from cryptoforecast.data.datamodule import CloseDataModule
    from cryptoforecast.data.folds import Fold
    from cryptoforecast.data.series import CloseSeries
    from cryptoforecast.data.sources import CcxtSource, CsvSource, FirstAvailable, SimulatedSource, Source, YahooSource
    from cryptoforecast.data.windows import Window, WindowDataset
    from cryptoforecast.errors import DataNotice, UserError
    from cryptoforecast.evaluation.comparison.board import compare
    from cryptoforecast.evaluation.forecasts import forecast_rows, next_closes, rows_beside_baselines
    from cryptoforecast.evaluation.verdict import judge, show
    from cryptoforecast.models import (
        GRU,
        LSTM,
        Drift,
        Forecaster,
        Mean,
        RandomWalk,
        RelativeLog,
        Scaling,
        TrainMinMax,
        WindowStandard,
    )
    from cryptoforecast.models.checkpoints.load import load_forecaster
    from cryptoforecast.training.exact import exact

_ROOMS = {
    "cryptoforecast.errors": ("DataNotice", "UserError"),
    "cryptoforecast.data.series": ("CloseSeries",),
    "cryptoforecast.data.sources": (
        "CcxtSource",
        "CsvSource",
        "FirstAvailable",
        "SimulatedSource",
        "Source",
        "YahooSource",
    ),
    "cryptoforecast.data.windows": ("Window", "WindowDataset"),
    "cryptoforecast.data.folds": ("Fold",),
    "cryptoforecast.data.datamodule": ("CloseDataModule",),
    "cryptoforecast.models": (
        "GRU",
        "LSTM",
        "Drift",
        "Forecaster",
        "Mean",
        "RandomWalk",
        "RelativeLog",
        "Scaling",
        "TrainMinMax",
        "WindowStandard",
    ),
    "cryptoforecast.models.checkpoints.load": ("load_forecaster",),
    "cryptoforecast.training.exact": ("exact",),
    "cryptoforecast.evaluation.forecasts": ("forecast_rows", "next_closes", "rows_beside_baselines"),
    "cryptoforecast.evaluation.verdict": ("judge", "show"),
    "cryptoforecast.evaluation.comparison.board": ("compare",),
    "cryptoforecast.audit.run": ("audit",),
    "cryptoforecast.audit.lookahead": ("LookAhead",),
}
spin_briefly()  # before torch is loaded, if it is not loaded yet
# A fit enters the ledger however it is started, also by a plain Trainer.
call_when_a_fit_begins("cryptoforecast.training.fit_entries:count_fit")

_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [  # noqa: RUF022 (in the order the data flows)
    "UserError",
    "DataNotice",
    "CloseSeries",
    "Source",
    "CsvSource",
    "YahooSource",
    "CcxtSource",
    "SimulatedSource",
    "FirstAvailable",
    "Window",
    "WindowDataset",
    "Fold",
    "CloseDataModule",
    "Forecaster",
    "LSTM",
    "GRU",
    "RandomWalk",
    "Drift",
    "Mean",
    "Scaling",
    "RelativeLog",
    "TrainMinMax",
    "WindowStandard",
    "exact",
    "load_forecaster",
    "forecast_rows",
    "rows_beside_baselines",
    "next_closes",
    "judge",
    "show",
    "compare",
    "audit",
    "LookAhead",
]


class _Package(ModuleType):
    """This package, in which the name of a verb stays the function once the room of the same name is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):  # as Python sets each imported room
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
