"""Close series that are loaded once and then given to all that ask for them, also in other processes."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from cryptoforecast.data.series import CloseSeries, GapsFound
from cryptoforecast.errors import UserError
from cryptoforecast.recipe.write import recipe_of

Loaded = dict[str, CloseSeries | UserError]  # by source and columns; an error where a source has no such series

_contexts: list[Loaded] = []


@contextmanager
def loaded_once(loaded: Loaded | None = None) -> Iterator[Loaded]:
    """Within the context, load each source once for the same columns; what was loaded can be given to a process.

    A source is recognised by its class and its arguments. That it has no such series is remembered too, unless it could
    not be reached. A context within another one has all that is loaded there too.

    Args:
        loaded: what was loaded before, such as by the process that started this one; no file is read for it.

    Yields:
        All that was loaded, plain values that can be pickled.

    >>> from cryptoforecast import SimulatedSource
    >>> from cryptoforecast.data.sources.source import load_one
    >>> with loaded_once() as loaded:
    ...     first, second = (load_one(SimulatedSource(rows=100), ()) for _ in range(2))
    >>> second is first, len(loaded)
    (True, 1)
    """
    kept: Loaded = (_contexts[-1] if _contexts else {}) if loaded is None else loaded
    _contexts.append(kept)
    try:
        yield kept
    finally:
        _contexts.pop()


def load_once(source: object, further: Sequence[str], load: Callable[[], CloseSeries]) -> CloseSeries:
    """The series of a source: one that was loaded before within :func:`loaded_once`, else what ``load`` returns.

    Args:
        source: the source.
        further: names of the columns wanted beside the close.
        load: loads the source.

    Raises:
        UserError: if the source cannot be loaded, now or before.
    """
    key = _key(source, further) if _contexts else None
    if key is None:
        return load()
    loaded = _contexts[-1]
    if key not in loaded:
        try:
            loaded[key] = load()
        except UserError as problem:
            if type(problem) in (UserError, GapsFound):
                loaded[key] = UserError(str(problem))
            raise
    found = loaded[key]
    if isinstance(found, UserError):
        raise UserError(str(found))
    return found


def _key(source: object, further: Sequence[str]) -> str | None:
    """A source and the columns wanted as text; None for a source that does not keep its arguments."""
    try:
        return json.dumps([recipe_of(source), list(further)])
    except (UserError, TypeError, ValueError):
        return None
