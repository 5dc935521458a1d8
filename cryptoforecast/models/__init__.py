"""Models: from the last bars of a series to its next closes."""

from cryptoforecast.models.baselines import BASELINES, Drift, Ewma, Garch, Har, Mean, RandomWalk
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.gru import GRU
from cryptoforecast.models.heads.bernoulli import Bernoulli
from cryptoforecast.models.heads.conformal import Conformal
from cryptoforecast.models.heads.head import Head, Point
from cryptoforecast.models.heads.mixture import Mixture
from cryptoforecast.models.heads.normal import Normal
from cryptoforecast.models.heads.quantiles import Quantiles
from cryptoforecast.models.heads.student_t import StudentT
from cryptoforecast.models.lstm import LSTM
from cryptoforecast.models.range_lstm import RangeLSTM
from cryptoforecast.models.scaling import RelativeLog, Scaling, TrainMinMax, WindowStandard

__all__ = [
    "BASELINES",
    "GRU",
    "LSTM",
    "Bernoulli",
    "Conformal",
    "Drift",
    "Ewma",
    "Forecaster",
    "Garch",
    "Har",
    "Head",
    "Mean",
    "Mixture",
    "Normal",
    "Point",
    "Quantiles",
    "RandomWalk",
    "RangeLSTM",
    "RelativeLog",
    "Scaling",
    "StudentT",
    "TrainMinMax",
    "WindowStandard",
]
