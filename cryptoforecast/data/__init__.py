"""Closes: from price files and vendors to the windows that a model sees."""
