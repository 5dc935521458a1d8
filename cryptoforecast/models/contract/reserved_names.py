"""Names that a model class must not use for something else: those of the contract and of Lightning's modules.

Python and torch would take them without a word. ``self.loss = nn.HuberLoss()`` is passed over for the method ``loss``,
and ``self.channels = 8`` changes what the inherited methods believe about their input.
"""

import functools
import inspect
from typing import Any

from torch import nn

from cryptoforecast.errors import UserError
from cryptoforecast.models.scaling import Scaling

SETTINGS = {  # what Forecaster.__init__ keeps under a name, and what else the value could be called
    "context_length": "the count of closes that it sees",
    "horizon": "the count of closes that it forecasts",
    "columns": "the names of the columns that it sees",
    "channels": "the count of columns that it sees",
}
INTERNAL = ("_optimizer", "_scheduler", "_scheduler_interval")  # what else Forecaster keeps is its own to change
INSTEAD = {"loss": "self.criterion", "forward": "self.network", "forecast": "self.head"}


def require_free(model: nn.Module, base: type, name: str, value: object) -> None:
    """Refuse an attribute of a model that would hide a part of the contract, or be hidden by it.

    Args:
        model: of a subclass of ``base``.
        base: the class whose names are taken: Forecaster.
        name: the attribute's.
        value: what it is to be.

    Raises:
        UserError: naming the class and what to write.
    """
    owner, held = type(model).__name__, getattr(base, name, None)
    if isinstance(value, nn.Module | nn.Parameter) and "_modules" not in model.__dict__:
        raise UserError(f"{owner}.__init__ sets self.{name} before super().__init__(**kwargs); call that first.")
    if name in SETTINGS:
        if model.__dict__.get(name, value) != value:
            raise UserError(_of_setting(f"{owner} sets self.{name}", name))
    elif name == "scaling":
        if not isinstance(value, Scaling):
            raise UserError(f"{owner} sets self.scaling to {_said(value)}; it must be a Scaling, or have another name.")
    elif name in INTERNAL and name in model.__dict__:
        raise UserError(f"{owner} sets self.{name}, which Forecaster needs for itself; call it something else.")
    elif isinstance(held, property):
        if held.fset is None or isinstance(value, nn.Module | nn.Parameter):
            raise UserError(f"{owner} sets self.{name}, {_part_of(base, name)}; call it something else.")
    elif inspect.isroutine(held) and not name.startswith("__") and not _stands_in(name, value, model):
        if name.startswith("_") and name not in vars(base):  # torch and Lightning put their own there
            return
        raise UserError(_of_method(f"{owner} sets self.{name}", base, name))


def require_methods(cls: type, base: type) -> None:
    """Refuse a class whose body gives a name of the contract to something else than a method.

    Args:
        cls: a subclass of ``base``.
        base: the class whose names are taken: Forecaster.

    Raises:
        UserError: naming the class and what to write.
    """
    for parent in cls.__mro__:
        if parent in base.__mro__:
            continue
        for name, value in vars(parent).items():
            said, held = f"The body of {parent.__name__} sets {name}", getattr(base, name, None)
            if name in SETTINGS:
                raise UserError(_of_setting(said, name))
            if name == "scaling":
                raise UserError(f"{said}; pass a scaling to super().__init__(scaling=...) instead.")
            if isinstance(held, property) and not isinstance(value, property | functools.cached_property):
                raise UserError(f"{said}, {_part_of(base, name)}; call it something else.")
            if inspect.isroutine(held) and not name.startswith("__") and not _is_method(value):
                raise UserError(_of_method(said, base, name))


def _is_method(value: object) -> bool:
    return inspect.isroutine(value) or hasattr(type(value), "__get__")


def _stands_in(name: str, value: object, model: nn.Module) -> bool:
    """Whether a value is a method's stand-in, as libraries put one in its place, and not something else by its name."""
    if isinstance(value, nn.Module) or not callable(value):
        return False
    return name == "forward" or getattr(value, "__self__", None) is model or hasattr(value, "__wrapped__")


def _of_method(said: str, base: type, name: str) -> str:
    method = inspect.getattr_static(base, name)
    try:
        arguments = [*inspect.signature(getattr(method, "__func__", method)).parameters]
    except (TypeError, ValueError):
        arguments = ["self", "..."]
    instead = INSTEAD.get(name, f"self.own_{name}")
    write = f"write `def {name}({', '.join(arguments)})`" if name in vars(base) else "leave that name"
    return f"{said}, {_part_of(base, name)}; {write}, or call it {instead}."


def _of_setting(said: str, name: str) -> str:
    return f"{said}, under which Forecaster keeps {SETTINGS[name]}; call it something else, such as self.own_{name}."


def _part_of(base: type, name: str) -> str:
    home = next(cls for cls in base.__mro__ if name in vars(cls))
    if home is base:
        return f"a {'method' if inspect.isroutine(getattr(base, name)) else 'name'} of {base.__name__}"
    return f"a name that {'torch' if home is nn.Module else 'Lightning'} has for itself"


def _said(value: Any) -> str:
    return f"an instance of {type(value).__name__}" if not isinstance(value, str | int | float) else repr(value)
