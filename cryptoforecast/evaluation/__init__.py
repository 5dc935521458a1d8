"""From forecast to verdict."""
