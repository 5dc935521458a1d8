"""Methods of a class: whether a subclass overrides them, what they take, and their former names."""

import inspect
import warnings
from collections.abc import Callable
from typing import Any


def is_overridden(owner: object, name: str, base: type) -> bool:
    """Whether an object's method differs from that of ``base``: overridden by its class or by an attribute."""
    if name in vars(owner):
        return getattr(vars(owner)[name], "__func__", None) is not getattr(base, name)
    return getattr(type(owner), name) is not getattr(base, name)  # torch.compile finds no __func__ of a bound method


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
