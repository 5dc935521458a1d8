"""The versions of packages and the user's source files behind a checkpoint: results depend on both."""

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
    """Remember the user's source files behind a trainer's fit, for its checkpoints."""
    _code[trainer] = code


def code_of_fit(trainer: Trainer) -> SourceCode | None:
    """The user's source files behind a trainer's fit; None where they were not recorded, as in a trial fit."""
    return _code.get(trainer)


def provenance_of(trainer: Trainer) -> dict[str, Any]:
    """The entries ``versions`` and ``code`` of a trainer's checkpoints: versions by package, SHA-256 by file."""
    code = code_of_fit(trainer)
    return {"versions": VERSIONS, "code": None if code is None else code.hashes}
