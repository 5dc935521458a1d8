"""Models: from the last bars of a series to its next closes."""

from cryptoforecast.models.arima import Arima
from cryptoforecast.models.attention_lstm import AttentionLSTM
from cryptoforecast.models.baselines import BASELINES, Drift, Ewma, Garch, Har, Mean, RandomWalk
from cryptoforecast.models.chronos import Chronos
from cryptoforecast.models.cnn_lstm import CNNLSTM
from cryptoforecast.models.dlinear import DLinear
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.gru import GRU
from cryptoforecast.models.heads.bernoulli import Bernoulli
from cryptoforecast.models.heads.conformal import Conformal
from cryptoforecast.models.heads.head import Head, Point
from cryptoforecast.models.heads.mixture import Mixture
from cryptoforecast.models.heads.normal import Normal
from cryptoforecast.models.heads.quantiles import Quantiles
from cryptoforecast.models.heads.student_t import StudentT
from cryptoforecast.models.itransformer import ITransformer
from cryptoforecast.models.light_gbm import LightGBM
from cryptoforecast.models.lstm import LSTM
from cryptoforecast.models.mamba import Mamba
from cryptoforecast.models.mingru import MinGRU
from cryptoforecast.models.nbeats import NBeats
from cryptoforecast.models.nhits import NHits
from cryptoforecast.models.nlinear import NLinear
from cryptoforecast.models.patchtst import PatchTST
from cryptoforecast.models.range_lstm import RangeLSTM
from cryptoforecast.models.scaling import RelativeLog, Scaling, TrainMinMax, WindowStandard
from cryptoforecast.models.sklearn_forecaster import SklearnForecaster
from cryptoforecast.models.tcn import TCN
from cryptoforecast.models.timexer import TimeXer
from cryptoforecast.models.tsmixer import TSMixer
from cryptoforecast.models.xlstm import XLSTM

__all__ = [
    "BASELINES",
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
]
