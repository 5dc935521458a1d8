"""The versions and the user's code that a checkpoint is written with; the last bits of a training depend on them."""

from typing import Any
from weakref import WeakKeyDictionary

import lightning
import torch
from lightning.pytorch import Trainer

from cryptoforecast._version import __version__
from cryptoforecast.user_code.source_files import SourceCode

VERSIONS = {"cryptoforecast": __version__, "torch": str(torch.__version__), "lightning": lightning.__version__}

_code: WeakKeyDictionary[Trainer, SourceCode] = WeakKeyDictionary()


def keep_code_of_fit(trainer: Trainer, code: SourceCode) -> None:
    """Keep the user's code behind a trainer's fit, for its checkpoints."""
    _code[trainer] = code


def code_of_fit(trainer: Trainer) -> SourceCode | None:
    """The user's code behind a trainer's fit; None where nobody has asked for it, as where a fit only checks."""
    return _code.get(trainer)


def provenance_of(trainer: Trainer) -> dict[str, Any]:
    """The versions, and the hashes of the user's code by file, that a trainer's checkpoints hold."""
    code = code_of_fit(trainer)
    return {"versions": VERSIONS, "code": None if code is None else code.hashes}
