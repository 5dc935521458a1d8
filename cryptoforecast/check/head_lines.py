"""Lines on heads: the network of a model takes each of them."""

from functools import partial

from cryptoforecast.check.contract_lines import forecast_of
from cryptoforecast.check.examination import Examination
from cryptoforecast.check.outcomes import Fails, NotTried
from cryptoforecast.models import Bernoulli, Conformal, Head, Mixture, Normal, Quantiles, StudentT

HEADS: tuple[type[Head], ...] = (StudentT, Normal, Mixture, Quantiles, Bernoulli, Conformal)
STEPS = 3


def check_head(cls: type[Head], examination: Examination) -> str:
    """Train a few steps with a head, and see that what it says is a distribution or a probability."""
    data = examination.data()
    plain = examination.subject.made_for(data)
    if plain._overrides("forecast") or plain._overrides("network_forecast"):
        raise NotTried("it has a forecast of its own, in which a head has no part.")
    try:
        model = examination.subject.made_for(data, head=cls())
    except TypeError as problem:
        if "multiple values" in str(problem):
            raise NotTried("its __init__ chooses the head.") from None
        raise
    fitted = examination.fit(data, STEPS, made_with={"head": cls()})
    forecast = forecast_of(fitted, data.fold.val)
    if not forecast.point.isfinite().all():
        raise Fails("it forecasts numbers that are not finite.")
    if forecast.rise is not None:
        return f"probabilities of a rise from {float(forecast.rise.min()):.2f} to {float(forecast.rise.max()):.2f}"
    if forecast.distribution is None:
        raise NotTried("what forward returns is read without a head.")
    quantiles = forecast.distribution.quantiles
    if not quantiles.isfinite().all() or bool((quantiles.diff(dim=-1) < 0).any()):
        raise Fails("its quantiles cross, or are not finite.")
    return f"{model.outputs} numbers for a window; {quantiles.shape[-1]} quantiles that do not cross"


HEAD_LINES = {f"head {cls.__name__}": partial(check_head, cls) for cls in HEADS}
