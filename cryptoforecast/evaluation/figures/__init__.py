"""Figures of forecast rows; the random walk is in each of them."""
