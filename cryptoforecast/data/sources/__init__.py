"""Sources: where close series come from."""

from cryptoforecast.data.sources.csv import CsvSource
from cryptoforecast.data.sources.exchange import CcxtSource
from cryptoforecast.data.sources.first_available import FirstAvailable
from cryptoforecast.data.sources.simulated import SimulatedSource
from cryptoforecast.data.sources.source import Source, SourceUnavailable
from cryptoforecast.data.sources.volatility import VolatilitySource
from cryptoforecast.data.sources.with_columns import WithColumns
from cryptoforecast.data.sources.yahoo import YahooSource

__all__ = [
    "CcxtSource",
    "CsvSource",
    "FirstAvailable",
    "SimulatedSource",
    "Source",
    "SourceUnavailable",
    "VolatilitySource",
    "WithColumns",
    "YahooSource",
]
