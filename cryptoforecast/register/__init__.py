"""Forecasts registered before their bars exist, and settled once they do."""
