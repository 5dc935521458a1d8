"""Cryptocurrency forecasting that never flatters.

Importing this runs nothing and loads nothing; each name is fetched from its room when it is first used.
"""

import sys
import warnings
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cryptoforecast._version import __version__ as __version__
from cryptoforecast.data.fit_listeners import call_when_a_fit_begins
from cryptoforecast.threads import spin_briefly

if TYPE_CHECKING:  # for type checkers and editors; a test compares these names with those below
    from cryptoforecast.audit.lookahead import LookAhead as LookAhead
    from cryptoforecast.audit.run import audit as audit
    from cryptoforecast.backtest.run import backtest as backtest
    from cryptoforecast.check.run import check as check
    from cryptoforecast.check.run import require_check as require_check
    from cryptoforecast.data.calendar_features import calendar as calendar
    from cryptoforecast.data.cleaning.clean import RawRows as RawRows
    from cryptoforecast.data.cleaning.clean import to_close_series as to_close_series
    from cryptoforecast.data.datamodule import CloseDataModule as CloseDataModule
    from cryptoforecast.data.folds import Fold as Fold
    from cryptoforecast.data.own_series import series_of as series_of
    from cryptoforecast.data.series import CloseSeries as CloseSeries
    from cryptoforecast.data.sources import CcxtSource as CcxtSource
    from cryptoforecast.data.sources import CsvSource as CsvSource
    from cryptoforecast.data.sources import FirstAvailable as FirstAvailable
    from cryptoforecast.data.sources import SimulatedSource as SimulatedSource
    from cryptoforecast.data.sources import Source as Source
    from cryptoforecast.data.sources import VolatilitySource as VolatilitySource
    from cryptoforecast.data.sources import WithColumns as WithColumns
    from cryptoforecast.data.sources import YahooSource as YahooSource
    from cryptoforecast.data.window import Window as Window
    from cryptoforecast.data.windows import WindowDataset as WindowDataset
    from cryptoforecast.errors import DataNotice as DataNotice
    from cryptoforecast.errors import UserError as UserError
    from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines as rows_beside_baselines
    from cryptoforecast.evaluation.comparison.compare import compare as compare
    from cryptoforecast.evaluation.distribution.calibration import calibration as calibration
    from cryptoforecast.evaluation.distribution.density import crps as crps
    from cryptoforecast.evaluation.forecasts import forecast_rows as forecast_rows
    from cryptoforecast.evaluation.ledger_table import runs as runs
    from cryptoforecast.evaluation.next_closes import next_closes as next_closes
    from cryptoforecast.evaluation.printed_verdict import print_verdict as print_verdict
    from cryptoforecast.evaluation.verdict import judge as judge
    from cryptoforecast.export.run import export as export
    from cryptoforecast.models import CNNLSTM as CNNLSTM
    from cryptoforecast.models import GRU as GRU
    from cryptoforecast.models import LSTM as LSTM
    from cryptoforecast.models import TCN as TCN
    from cryptoforecast.models import XLSTM as XLSTM
    from cryptoforecast.models import Arima as Arima
    from cryptoforecast.models import AttentionLSTM as AttentionLSTM
    from cryptoforecast.models import Bernoulli as Bernoulli
    from cryptoforecast.models import Chronos as Chronos
    from cryptoforecast.models import Conformal as Conformal
    from cryptoforecast.models import DLinear as DLinear
    from cryptoforecast.models import Drift as Drift
    from cryptoforecast.models import Ewma as Ewma
    from cryptoforecast.models import Forecaster as Forecaster
    from cryptoforecast.models import Garch as Garch
    from cryptoforecast.models import Har as Har
    from cryptoforecast.models import Head as Head
    from cryptoforecast.models import ITransformer as ITransformer
    from cryptoforecast.models import LightGBM as LightGBM
    from cryptoforecast.models import Mamba as Mamba
    from cryptoforecast.models import Mean as Mean
    from cryptoforecast.models import MinGRU as MinGRU
    from cryptoforecast.models import Mixture as Mixture
    from cryptoforecast.models import NBeats as NBeats
    from cryptoforecast.models import NHits as NHits
    from cryptoforecast.models import NLinear as NLinear
    from cryptoforecast.models import Normal as Normal
    from cryptoforecast.models import PatchTST as PatchTST
    from cryptoforecast.models import Point as Point
    from cryptoforecast.models import Quantiles as Quantiles
    from cryptoforecast.models import RandomWalk as RandomWalk
    from cryptoforecast.models import RangeLSTM as RangeLSTM
    from cryptoforecast.models import RelativeLog as RelativeLog
    from cryptoforecast.models import Scaling as Scaling
    from cryptoforecast.models import SklearnForecaster as SklearnForecaster
    from cryptoforecast.models import StudentT as StudentT
    from cryptoforecast.models import TimeXer as TimeXer
    from cryptoforecast.models import TrainMinMax as TrainMinMax
    from cryptoforecast.models import TSMixer as TSMixer
    from cryptoforecast.models import WindowStandard as WindowStandard
    from cryptoforecast.models.checkpoints.load import load_forecaster as load_forecaster
    from cryptoforecast.models.checkpoints.trained import Trained as Trained
    from cryptoforecast.register.run import register as register
    from cryptoforecast.register.settle import settle as settle
    from cryptoforecast.study.run import study as study
    from cryptoforecast.study.tune.run import tune as tune
    from cryptoforecast.training.exact import exact as exact
    from cryptoforecast.training.fit import fit as fit
    from cryptoforecast.training.judge import test as test
    from cryptoforecast.training.judge import validate as validate
    from cryptoforecast.training.predict import predict as predict
    from cryptoforecast.training.run import Run as Run

# The public names by module, in the order in which data flows; __getattr__ imports each at its first use.
_PUBLIC = {
    "cryptoforecast.errors": ("DataNotice", "UserError"),
    "cryptoforecast.data.series": ("CloseSeries",),
    "cryptoforecast.data.cleaning.clean": ("RawRows", "to_close_series"),
    "cryptoforecast.data.own_series": ("series_of",),
    "cryptoforecast.data.sources": (
        "CcxtSource",
        "CsvSource",
        "FirstAvailable",
        "SimulatedSource",
        "Source",
        "VolatilitySource",
        "WithColumns",
        "YahooSource",
    ),
    "cryptoforecast.data.window": ("Window",),
    "cryptoforecast.data.windows": ("WindowDataset",),
    "cryptoforecast.data.folds": ("Fold",),
    "cryptoforecast.data.calendar_features": ("calendar",),
    "cryptoforecast.data.datamodule": ("CloseDataModule",),
    "cryptoforecast.models": (
        "CNNLSTM",
        "GRU",
        "LSTM",
        "TCN",
        "XLSTM",
        "Arima",
        "AttentionLSTM",
        "Bernoulli",
        "Chronos",
        "Conformal",
        "DLinear",
        "Drift",
        "Ewma",
        "Forecaster",
        "Garch",
        "Har",
        "Head",
        "ITransformer",
        "LightGBM",
        "Mamba",
        "Mean",
        "MinGRU",
        "Mixture",
        "NBeats",
        "NHits",
        "NLinear",
        "Normal",
        "PatchTST",
        "Point",
        "Quantiles",
        "RandomWalk",
        "RangeLSTM",
        "RelativeLog",
        "Scaling",
        "SklearnForecaster",
        "StudentT",
        "TSMixer",
        "TimeXer",
        "TrainMinMax",
        "WindowStandard",
    ),
    "cryptoforecast.models.checkpoints.load": ("load_forecaster",),
    "cryptoforecast.models.checkpoints.trained": ("Trained",),
    "cryptoforecast.training.exact": ("exact",),
    "cryptoforecast.training.fit": ("fit",),
    "cryptoforecast.training.judge": ("test", "validate"),
    "cryptoforecast.training.predict": ("predict",),
    "cryptoforecast.training.run": ("Run",),
    "cryptoforecast.evaluation.forecasts": ("forecast_rows",),
    "cryptoforecast.evaluation.beside_baselines": ("rows_beside_baselines",),
    "cryptoforecast.evaluation.next_closes": ("next_closes",),
    "cryptoforecast.evaluation.verdict": ("judge",),
    "cryptoforecast.evaluation.printed_verdict": ("print_verdict",),
    "cryptoforecast.evaluation.distribution.density": ("crps",),
    "cryptoforecast.evaluation.distribution.calibration": ("calibration",),
    "cryptoforecast.evaluation.comparison.compare": ("compare",),
    "cryptoforecast.evaluation.ledger_table": ("runs",),
    "cryptoforecast.backtest.run": ("backtest",),
    "cryptoforecast.study.run": ("study",),
    "cryptoforecast.study.tune.run": ("tune",),
    "cryptoforecast.audit.run": ("audit",),
    "cryptoforecast.audit.lookahead": ("LookAhead",),
    "cryptoforecast.export.run": ("export",),
    "cryptoforecast.register.run": ("register",),
    "cryptoforecast.register.settle": ("settle",),
    "cryptoforecast.check.run": ("check", "require_check"),
}
_DEPRECATED = {"show": "print_verdict"}  # names of the version before, and what they are called now
_HOMES = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = [name for names in _PUBLIC.values() for name in names]

spin_briefly()  # before torch is loaded, if it is not loaded yet
# A fit enters the ledger however it is started, also by a plain Trainer.
call_when_a_fit_begins("cryptoforecast.training.fit_entries:count_fit")


class _Package(ModuleType):
    """This package, in which the name of a verb stays the function once the room of the same name is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):  # as Python sets each imported room
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if new := _DEPRECATED.get(name):
        warnings.warn(f"cryptoforecast.{name} is called cryptoforecast.{new} now.", DeprecationWarning, stacklevel=2)
        name = new
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
