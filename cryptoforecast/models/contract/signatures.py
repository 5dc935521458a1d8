"""Methods of a class: whether a subclass overrides them, what they take, and their former names."""

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any


def is_overridden(owner: object, name: str, base: type) -> bool:
    """Whether an object's method differs from that of ``base``: overridden by its class or by an attribute."""
    if name in vars(owner):
        return getattr(vars(owner)[name], "__func__", None) is not getattr(base, name)
    return getattr(type(owner), name) is not getattr(base, name)  # torch.compile finds no __func__ of a bound method


def has_method(owner: object, name: str) -> bool:
    """Whether an object's class has a method of a name."""
    return callable(getattr(type(owner), name, None))


@functools.lru_cache(maxsize=256)
def names_argument(function: Callable[..., Any], name: str) -> bool:
    """Whether a function has a parameter of a name; for a method, pass the function that its class holds."""
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):  # a built-in without a signature
        return False


def takes_one_argument(method: Callable[..., Any]) -> bool:
    """Whether a method can be called with one positional argument."""
    try:
        inspect.signature(method).bind(None)
    except TypeError:
        return False
    except ValueError:  # a built-in without a signature
        return True
    return True


def former_name(old: str, new: str) -> Any:
    """A method that was renamed, under its old name: it warns and calls the method of the new name."""

    def method(self: Any, *arguments: Any) -> Any:
        warnings.warn(f"{old} is called {new} now.", DeprecationWarning, stacklevel=2)
        return getattr(self, new)(*arguments)

    return method
