"""What is examined: a class of models with its arguments, made anew for each thing that is tried."""

import copy
from collections.abc import Callable
from inspect import signature
from typing import Any, NamedTuple

from lightning.pytorch import seed_everything
from torch import nn

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CLOSE
from cryptoforecast.errors import UserError
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.recipe.read import RecipeError, read_recipe
from cryptoforecast.recipe.recipe import PlainValue
from cryptoforecast.training.settings.arguments import COUNT, LINKED_SETTINGS
from cryptoforecast.training.settings.variant_class import class_of_model

CONTEXT_LENGTH = 24
USUAL: dict[str, Any] = {"context_length": CONTEXT_LENGTH, "horizon": 1, "columns": (CLOSE,)}
KNOWN_BEFOREHAND = ("day_of_week", "month")  # of a model whose forward names future
FACTORIES = ("optimizer", "scheduler", "scheduler_interval")  # arguments that a record does not have


class Subject(NamedTuple):
    """A class of models and how to make one.

    Attributes:
        name: of the class.
        make: makes a model with new weights, with some arguments changed.
        settings: of the data that most lines use, such as lengths and columns.
    """

    name: str
    make: Callable[..., Forecaster]
    settings: dict[str, Any]

    def made_for(self, data: CloseDataModule, seed: int = 0, **changes: Any) -> Forecaster:
        """A model for some data.

        Args:
            data: set up; it has the lengths and the columns.
            seed: of the weights.
            changes: further arguments, such as ``head``.
        """
        seed_everything(seed, verbose=False)
        taken = {name: getattr(data, name) for name in LINKED_SETTINGS}
        return self.make(**{**taken, COUNT: len(data.series), **changes})


def subject_of(model: Any, arguments: dict[str, Any]) -> Subject:
    """The subject of a call of :func:`cryptoforecast.check`.

    Args:
        model: a class, a class's name, or a model, which stays as it is.
        arguments: of the class; lengths and columns among them are those of most lines.

    Raises:
        UserError: if there is no such class, or the arguments of a model cannot be written down.
    """
    if isinstance(model, Forecaster):
        settings = {name: getattr(model, name) for name in LINKED_SETTINGS}
        return Subject(type(model).__name__, _maker_of_model(model, arguments), settings)
    cls = class_of_model([f"--model={model}"]) if isinstance(model, str) else model
    if not (isinstance(cls, type) and issubclass(cls, Forecaster)):
        raise UserError(f"check takes a Forecaster, its class or the name of its class, not {model!r}.")
    settings = {name: arguments[name] for name in LINKED_SETTINGS if name in arguments}
    if "future" in signature(cls.forward).parameters:
        settings = {"future": KNOWN_BEFOREHAND, **settings}

    def make(**changes: Any) -> Forecaster:
        kept = {name: copy.deepcopy(value) if isinstance(value, nn.Module) else value
                for name, value in arguments.items()}  # fmt: skip
        return cls(**{**kept, **changes})

    return Subject(cls.__name__, make, {**USUAL, **settings})


def _maker_of_model(model: Forecaster, arguments: dict[str, Any]) -> Callable[..., Forecaster]:
    """A function that makes models with the class and the arguments of a model, by its record.

    Raises:
        UserError: if its arguments cannot be written down, or read again.
    """
    try:
        recipe = read_recipe(model.record(), Forecaster)
    except RecipeError as problem:
        raise UserError(f"{type(model).__name__} cannot be made again from its arguments: {problem}.") from None
    given = {name: value for name in FACTORIES if (value := getattr(model, f"_{name}")) is not None} | arguments

    def make(**changes: Any) -> Forecaster:
        changed = {name: PlainValue(None, value, typed=True) for name, value in {**given, **changes}.items()}
        made: Forecaster = recipe._replace(arguments={**recipe.arguments, **changed}).make()
        return made

    return make
