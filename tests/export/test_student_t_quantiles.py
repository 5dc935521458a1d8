"""The quantiles of Student's t as an exported model computes them."""

import numpy as np
import torch

from cryptoforecast.export.student_t_quantiles import student_t_quantiles
from cryptoforecast.models.heads.standard import inverse_cdf
from cryptoforecast.quantiles import LEVELS


def test_the_series_of_student_t_quantiles_agree_with_scipy_at_all_freedoms() -> None:
    freedom = 2 + np.exp(np.linspace(-8, 17, 500))
    found = student_t_quantiles(torch.from_numpy(freedom).unsqueeze(0))[0].numpy()
    np.testing.assert_allclose(found, inverse_cdf(np.array(LEVELS), freedom[:, None]), rtol=0, atol=2e-12)
    assert np.array_equal(found, -found[:, ::-1])
