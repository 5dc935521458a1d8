"""What all tests of models share."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _seed() -> None:
    """Each test draws the same random numbers, whatever ran before it in its process."""
    torch.manual_seed(0)
