"""The version of the package, for its own modules and for packaging."""

__version__ = "0.1.0"
