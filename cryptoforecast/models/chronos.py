"""Chronos, pretrained and asked zero-shot: Ansari et al., 2024, arXiv 2403.07815 and 2025, arXiv 2510.15821."""

import functools
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.errors import UserError, first_sentence
from cryptoforecast.models.checkpoints.prior_training import UNKNOWN
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.quantiles import LEVELS, MEDIAN

MISSING = 'Chronos takes chronos-forecasting: pip install "cryptoforecast[pretrained]".'
APACHE = "Apache-2.0"
# The day on which weights were published: nothing later can be in them. Its makers list no last day of training.
PUBLISHED = {
    "amazon/chronos-2": ("2025-10-20", APACHE),
    "amazon/chronos-bolt-tiny": ("2024-11-26", APACHE),
    "amazon/chronos-bolt-mini": ("2024-11-26", APACHE),
    "amazon/chronos-bolt-small": ("2024-11-26", APACHE),
    "amazon/chronos-bolt-base": ("2024-11-26", APACHE),
}


class Chronos(Forecaster):
    """Chronos-2 or Chronos-Bolt: pretrained, they forecast quantiles of the scaled closes without a fit.

    It takes ``pip install "cryptoforecast[pretrained]"``, and the weights from Hugging Face or from a folder. Targets
    up to ``knows_until`` may have been in its training: they are judged, and nothing is claimed on them. Chronos-Bolt
    was trained on the levels 0.1 to 0.9; below and above, its quantiles are those of these levels, which costs CRPS.

    Args:
        path: the weights: a name on Hugging Face, or a folder.
        knows_until: the day until which the weights may have seen closes; by default, of weights that are known here,
            the day of their publication, else ``unknown``, and then nothing is ever claimed.
        licence: of the weights, for the record; by default as for ``knows_until``.

    >>> Chronos().record()["init_args"]["knows_until"], Chronos(path="my/weights").knows_until
    ('2025-10-20', 'unknown')
    """

    def __init__(
        self,
        path: str = "amazon/chronos-2",
        knows_until: str | None = None,
        licence: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        published, terms = PUBLISHED.get(path, (UNKNOWN, UNKNOWN))
        self.path, self.knows_until, self.licence = path, knows_until or published, licence or terms
        self.save_hyperparameters({"knows_until": self.knows_until, "licence": self.licence})

    def forward(self, x: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch horizon levels"]:
        """The quantiles of the scaled closes at the 21 levels, ascending."""
        pipeline = _pipeline(self.path)
        pipeline.model.to(x.device)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, _ = pipeline.predict_quantiles(
                x[:, None, :, 0].float() if pipeline.takes_variates else x[..., 0].float(),
                prediction_length=self.horizon,
                quantile_levels=list(LEVELS),
            )
        quantiles = torch.stack([item.reshape(self.horizon, len(LEVELS)) for item in found])
        return quantiles.sort(dim=-1).values.to(x.device, x.dtype)

    def point(self, output: Float[Tensor, "batch horizon levels"]) -> Float[Tensor, "batch horizon"]:
        """The medians."""
        return output[..., MEDIAN]

    def quantiles(
        self, output: Float[Tensor, "batch horizon levels"], levels: Sequence[float]
    ) -> Float[Tensor, "batch horizon chosen"]:
        """The quantiles at some of the 21 levels."""
        return output[..., [LEVELS.index(level) for level in levels]]

    def loss(
        self, output: Float[Tensor, "batch horizon levels"], target: Float[Tensor, "batch horizon"]
    ) -> Float[Tensor, ""]:
        """The pinball loss, a mean over levels too."""
        levels = torch.tensor(LEVELS, dtype=output.dtype, device=output.device)
        above = target.unsqueeze(-1) - output
        return torch.maximum(levels * above, (levels - 1) * above).mean()


@functools.lru_cache(maxsize=4)
def _pipeline(path: str) -> Any:
    """The weights, loaded once in a process.

    Raises:
        UserError: if chronos-forecasting is not installed, or there are no such weights.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from chronos import BaseChronosPipeline, Chronos2Pipeline, ChronosBoltPipeline
    except ImportError:
        raise UserError(MISSING) from None
    try:
        pipeline: Any = BaseChronosPipeline.from_pretrained(path, device_map="cpu", dtype=torch.float32)
    except (OSError, ValueError) as problem:
        raise UserError(
            f"model.path is {path}, whose weights cannot be loaded: {first_sentence(problem).rstrip('.')}; name a "
            "folder that holds them, or weights on Hugging Face while it can be reached."
        ) from None
    if not isinstance(pipeline, Chronos2Pipeline | ChronosBoltPipeline):
        raise UserError(f"model.path is {path}, which is no Chronos-2 and no Chronos-Bolt; older ones draw samples.")
    pipeline.model.eval()
    pipeline.takes_variates = isinstance(pipeline, Chronos2Pipeline)
    return pipeline
