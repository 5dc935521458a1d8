"""The versions that a fit's numbers depend on, to be the same on all machines of a cluster."""

from collections.abc import Callable, Mapping

from cryptoforecast.formatting import join_names

PACKAGES = ("torch", "lightning", "numpy", "pandas")


def versions() -> dict[str, str]:
    """The versions of Python, of this package and of others on this machine, by name.

    >>> sorted(versions())
    ['Python', 'cryptoforecast', 'lightning', 'numpy', 'pandas', 'torch']
    """
    return make_reader()()


def make_reader() -> Callable[[], dict[str, str]]:
    """A function that returns the :func:`versions` of a machine where this package may not be installed.

    What is not installed there has the version ``none``.
    """
    packages = PACKAGES

    def read() -> dict[str, str]:
        import importlib.metadata
        import platform

        found = {"Python": platform.python_version()}
        try:
            found["cryptoforecast"] = importlib.import_module("cryptoforecast").__version__
        except ImportError:
            found["cryptoforecast"] = "none"
        for name in packages:
            try:
                found[name] = importlib.metadata.version(name)
            except ImportError:
                found[name] = "none"
        return found

    return read


def difference(wanted: Mapping[str, str], found: Mapping[str, str], machine: str) -> str | None:
    """A sentence on the versions of a machine that are not those wanted; None if all are.

    >>> difference({"Python": "3.12.4", "torch": "2.9.0"}, {"Python": "3.12.4", "torch": "2.8.0"}, "10.0.0.7")
    '10.0.0.7 has torch 2.8.0, and this machine has torch 2.9.0; install the same versions on all nodes.'
    """
    apart = [name for name in wanted if found[name] != wanted[name]]
    if not apart:
        return None
    has, wants = (join_names([f"{name} {known[name]}" for name in apart]) for known in (found, wanted))
    return f"{machine} has {has}, and this machine has {wants}; install the same versions on all nodes."
