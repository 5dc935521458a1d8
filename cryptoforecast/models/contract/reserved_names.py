"""Checks that a model class does not use names of the contract, or of Lightning's modules, for something else.

Python and torch would not complain: ``self.loss = nn.HuberLoss()`` is ignored in favour of the method ``loss``, and
``self.channels = 8`` changes what the inherited methods assume about their input.
"""

import functools
import inspect
from typing import Any

from torch import nn

from cryptoforecast.errors import UserError
from cryptoforecast.models.heads.head import Head
from cryptoforecast.models.scaling import Scaling

SETTINGS = {  # attributes that Forecaster.__init__ sets, and what they are, for errors
    "context_length": "the count of closes that it sees",
    "horizon": "the count of closes that it forecasts",
    "columns": "the names of the columns that it sees",
    "channels": "the count of columns that it sees",
    "outputs": "the count of numbers that forward returns",
    "future": "the names of what is known of the targets' times",
    "series_count": "the count of series in training",
    "names_in_forward": "the names of what forward is given beside x",
    "scalings": "how further columns are scaled",
    "across": "whether it sees all series at once",
}
PRIVATE_SETTINGS = ("_optimizer", "_scheduler", "_scheduler_interval")  # set once, by Forecaster.__init__
MONITORED = {"monitor": 'the name of a curve, such as "val/hits"', "monitor_mode": '"min" or "max"'}  # of a class
MODES = ("min", "max")
SUGGESTIONS = {"loss": "self.criterion", "forward": "self.network", "forecast": "self.head"}


def require_free(model: nn.Module, base: type, name: str, value: object) -> None:
    """Refuse to set an attribute of a model that would hide a part of the contract, or be hidden by it.

    Args:
        model: an instance of a subclass of ``base``.
        base: the class whose names are reserved: Forecaster.
        name: name of the attribute.
        value: value of the attribute.

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
            described = _in_words(value)
            raise UserError(f"{owner} sets self.scaling to {described}; it must be a Scaling, or have another name.")
    elif name == "output_head":
        _require_head(model, value)
    elif name in MONITORED and value != held:
        raise UserError(
            f"{owner} sets self.{name}, which is read before a model is made; set it in the body of the class."
        )
    elif name == "knows_until" and not isinstance(value, str | None):
        raise UserError(
            f"{owner} sets self.knows_until to {_in_words(value)}; it is the day until which a pretrained model may "
            'have seen closes, such as "2024-06-30", or "unknown".'
        )
    elif name in PRIVATE_SETTINGS and name in model.__dict__:
        raise UserError(f"{owner} sets self.{name}, which Forecaster needs for itself; call it something else.")
    elif isinstance(held, property):
        if held.fset is None or isinstance(value, nn.Module | nn.Parameter):
            raise UserError(f"{owner} sets self.{name}, {_part_of(base, name)}; call it something else.")
    elif inspect.isroutine(held) and not name.startswith("__") and not _stands_in(name, value, model):
        if name.startswith("_") and name not in vars(base):  # private names of torch and Lightning, which they set
            return
        raise UserError(_of_method(f"{owner} sets self.{name}", base, name))


def _require_head(model: nn.Module, value: object) -> None:
    """Refuse a value that is no head, and a second head: ``outputs`` was computed for the first."""
    owner, described = type(model).__name__, _in_words(value)
    if "output_head" in model._modules:
        raise UserError(
            f"{owner} sets self.output_head to {described}, under which Forecaster keeps its head: pass head=... to "
            "super().__init__, and call a layer something else, such as self.head."
        )
    if not isinstance(value, Head):
        raise UserError(f"{owner} has as its head {described}; it is a Head, such as cryptoforecast.StudentT().")


def is_plain_text(model: nn.Module, name: str, value: object) -> bool:
    """Whether a private attribute that exists is set to a text or None, and is not one of the contract's."""
    is_text = value is None or type(value) is str
    return is_text and name.startswith("_") and name in model.__dict__ and name not in PRIVATE_SETTINGS


def require_methods(cls: type, base: type) -> None:
    """Refuse a class whose body sets a method of the contract to something else than a method.

    Args:
        cls: a subclass of ``base``.
        base: the class whose names are reserved: Forecaster.

    Raises:
        UserError: naming the class and what to write.
    """
    for parent in cls.__mro__:
        if parent in base.__mro__:
            continue
        for name, value in vars(parent).items():
            subject, held = f"The body of {parent.__name__} sets {name}", getattr(base, name, None)
            if name in SETTINGS:
                raise UserError(_of_setting(subject, name))
            if name in MONITORED and not (isinstance(value, str) and (name == "monitor" or value in MODES)):
                raise UserError(
                    f"{subject} to {_in_words(value)}; it is {MONITORED[name]}, by which best.ckpt is chosen."
                )
            if name in ("scaling", "output_head"):
                argument = name.removeprefix("output_")
                raise UserError(f"{subject}; pass a {argument} to super().__init__({argument}=...) instead.")
            if isinstance(held, property) and not _may_stand_for(name, value):
                raise UserError(f"{subject}, {_part_of(base, name)}; call it something else.")
            if inspect.isroutine(held) and not name.startswith("__") and not _is_method(value):
                raise UserError(_of_method(subject, base, name))


def _may_stand_for(name: str, value: object) -> bool:
    """Whether a value in a class's body may take the place of a property."""
    switch = name == "automatic_optimization" and isinstance(value, bool)
    return switch or isinstance(value, property | functools.cached_property)


def _is_method(value: object) -> bool:
    return inspect.isroutine(value) or hasattr(type(value), "__get__")


def _stands_in(name: str, value: object, model: nn.Module) -> bool:
    """Whether a value is a wrapped method, as libraries set one, and not something else under the method's name."""
    if isinstance(value, nn.Module) or not callable(value):
        return False
    return name == "forward" or getattr(value, "__self__", None) is model or hasattr(value, "__wrapped__")


def _of_method(subject: str, base: type, name: str) -> str:
    method = inspect.getattr_static(base, name)
    try:
        parameters = inspect.signature(getattr(method, "__func__", method)).parameters
        arguments = [name for name in parameters if not name.startswith("_")]  # which a subclass need not write
    except (TypeError, ValueError):
        arguments = ["self", "..."]
    suggestion = SUGGESTIONS.get(name, f"self.own_{name}")
    write = f"write `def {name}({', '.join(arguments)})`" if name in vars(base) else "leave that name"
    return f"{subject}, {_part_of(base, name)}; {write}, or call it {suggestion}."


def _of_setting(subject: str, name: str) -> str:
    return f"{subject}, under which Forecaster keeps {SETTINGS[name]}; call it something else, such as self.own_{name}."


def _part_of(base: type, name: str) -> str:
    home = next(cls for cls in base.__mro__ if name in vars(cls))
    if home is base:
        return f"a {'method' if inspect.isroutine(getattr(base, name)) else 'name'} of {base.__name__}"
    return f"a name that {'torch' if home is nn.Module else 'Lightning'} has for itself"


def _in_words(value: Any) -> str:
    return f"an instance of {type(value).__name__}" if not isinstance(value, str | int | float) else repr(value)
