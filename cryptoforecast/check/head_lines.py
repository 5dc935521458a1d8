"""Lines on heads: the network of a model takes each of them."""

from functools import partial
from typing import Any

from cryptoforecast.check.contract_lines import forecast_of
from cryptoforecast.check.examination import Examination
from cryptoforecast.check.outcomes import Fails, NotTried
from cryptoforecast.models import Bernoulli, Conformal, Head, Mixture, Normal, Quantiles, RelativeLog, StudentT
from cryptoforecast.models.contract.answers import is_point
from cryptoforecast.models.contract.learned import is_estimator
from cryptoforecast.models.contract.signatures import has_method

HEADS: tuple[type[Head], ...] = (StudentT, Normal, Mixture, Quantiles, Bernoulli, Conformal)
ON_A_RUNG = (StudentT, Normal, Mixture, Quantiles)  # by default, in the place of the model's scaling
STEPS = 3


def check_head(cls: Any, examination: Examination) -> str:
    """Train a few steps with a head, and check that it gives a distribution or a probability.

    Args:
        cls: the class of the head.
        examination: the closes and fits that lines share.
    """
    data, fitted = examination.data(), examination.fitted
    require_head_takes_part(examination, cls)
    arguments = {} if type(fitted.model.scaling) is RelativeLog or cls not in ON_A_RUNG else {"relative_to": "none"}
    try:
        model = examination.subject.made_for(data, head=cls(**arguments))
    except TypeError as problem:
        if "multiple values" in str(problem):
            raise NotTried("its __init__ chooses the head.") from None
        raise
    fitted = examination.fit(data, STEPS, made_with={"head": cls(**arguments)})
    forecast = forecast_of(fitted, data.fold.val)
    if not forecast.point.isfinite().all():
        raise Fails("it forecasts numbers that are not finite.")
    if forecast.rise is not None:
        return f"probabilities of a rise from {float(forecast.rise.min()):.2f} to {float(forecast.rise.max()):.2f}"
    if forecast.distribution is None:
        raise Fails("it has no distribution.")
    quantiles = forecast.distribution.quantiles
    if not quantiles.isfinite().all() or bool((quantiles.diff(dim=-1) < 0).any()):
        raise Fails("its quantiles cross, or are not finite.")
    return f"{model.outputs} numbers for a window; {quantiles.shape[-1]} quantiles that do not cross"


def require_head_takes_part(examination: Examination, kind: type[Head]) -> None:
    """Refuse to try a head with a model in whose forecast it has no part.

    Args:
        examination: the closes and fits that lines share.
        kind: the class of the head.

    Raises:
        NotTried: with the reason.
    """
    fitted = examination.fitted
    if has_method(fitted.model, "point"):
        raise NotTried("it has a point(output) of its own, in which a head has no part.")
    if fitted.model._overrides("forecast") or fitted.model._overrides("network_forecast"):
        raise NotTried("it has a forecast of its own, in which a head has no part.")
    if is_estimator(type(fitted.model)) and kind is not Conformal:
        raise NotTried("it is fitted in one go by its fit(x, y), and this head is trained by gradients.")
    if fitted.model._overrides("loss"):
        raise NotTried("it has a loss of its own, which need not take what a head says.")
    if is_point(fitted.model) and forecast_of(fitted, fitted.data.fold.val[:1]).distribution is not None:
        raise NotTried("forward returns a distribution itself.")


HEAD_LINES = {f"head {cls.__name__}": partial(check_head, cls) for cls in HEADS}
