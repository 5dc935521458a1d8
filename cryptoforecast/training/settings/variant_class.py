"""The class of the model that a command line names, also in a configuration file or by a checkpoint."""

from collections.abc import Sequence
from typing import Any

from cryptoforecast.errors import UsageError
from cryptoforecast.formatting import nearest_of
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.recipe.class_paths import ImportPathError, import_named
from cryptoforecast.recipe.jsonargparse_private import import_path, subclasses_of
from cryptoforecast.training.run_folder import LAST
from cryptoforecast.training.settings.configuration import CONFIG, read_configuration


def class_of_model(words: Sequence[str], ckpt_path: Any = None) -> type[Forecaster] | None:
    """The model's class; None where none is named.

    Args:
        words: a command line.
        ckpt_path: a checkpoint whose model it is if the command line names none.

    Raises:
        UserError: if there is no such model.
    """
    named = None
    for before, word in zip(["", *words], words, strict=False):
        if word.startswith("--model="):
            named = word.removeprefix("--model=")
        elif before in CONFIG:
            model = read_configuration(word).settings.get("model")
            named = model.get("class_path", named) if isinstance(model, dict) else model or named
    if named is not None:
        return _found(str(named))
    if ckpt_path in (None, LAST):
        return None
    return _found(read_checkpoint(str(ckpt_path)).model["class_path"])


def _found(name: str) -> type[Forecaster]:
    try:
        found = import_named(import_path(Forecaster, name))
    except (ImportPathError, ValueError):
        known = [cls.__name__ for cls in subclasses_of(Forecaster)]
        raise UsageError(f"model: there is no {name}{nearest_of(name, known)}.") from None
    if not isinstance(found, type) or not issubclass(found, Forecaster):
        raise UsageError(f"model: {name} is no Forecaster.")
    return found
