"""On whose versions the last bits of a training depend."""

import lightning
import torch

from cryptoforecast import __version__

VERSIONS = {"cryptoforecast": __version__, "torch": str(torch.__version__), "lightning": lightning.__version__}
