"""The rungs that a head may stand on, by the names of their models, from simple to hard."""

from cryptoforecast.models.ladder.ewma import EwmaRung
from cryptoforecast.models.ladder.garch import GarchRung
from cryptoforecast.models.ladder.har import HarRung
from cryptoforecast.models.ladder.rung import Rung

RUNGS: dict[str, type[Rung]] = {"Ewma": EwmaRung, "Garch": GarchRung, "Har": HarRung}
