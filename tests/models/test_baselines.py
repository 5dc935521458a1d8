"""Forecasts that can be checked by head."""

import torch

from cryptoforecast import Drift, Mean, RandomWalk

CONTEXT = torch.tensor([[[10.0], [13.0], [11.0], [16.0]]], dtype=torch.float64)


def test_the_random_walk_repeats_the_last_close() -> None:
    assert RandomWalk(4, 3).forecast(CONTEXT).tolist() == [[16.0, 16.0, 16.0]]


def test_drift_goes_on_by_the_mean_change() -> None:
    assert Drift(4, 3).forecast(CONTEXT).tolist() == [[18.0, 20.0, 22.0]]


def test_drift_of_a_single_close_is_that_close() -> None:
    assert Drift(1, 2).forecast(CONTEXT[:, -1:]).tolist() == [[16.0, 16.0]]


def test_the_mean_is_the_mean_of_the_context() -> None:
    assert Mean(4, 2).forecast(CONTEXT).tolist() == [[12.5, 12.5]]
