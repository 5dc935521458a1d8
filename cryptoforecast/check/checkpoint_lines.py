"""Lines on checkpoints: a model is loaded again to the bit, and a fit goes on to the bit."""

from cryptoforecast.audit.lookahead import differing, same
from cryptoforecast.audit.origins import forecasts
from cryptoforecast.check.examination import EPOCHS, Examination
from cryptoforecast.check.outcomes import Fails, NotTried
from cryptoforecast.models.checkpoints.load import load_forecaster
from cryptoforecast.models.checkpoints.reload_check import require_reloadable
from cryptoforecast.models.contract.following import follow

TO_STORE = "keep it as nn.Parameter, with self.register_buffer, or in get_extra_state and set_extra_state"


def check_checkpoint(examination: Examination) -> str:
    """Save the fitted model, load it, and compare forecasts."""
    fitted, file = examination.fitted, examination.folder / "model.ckpt"
    require_reloadable(fitted.trainer, fitted.model, fitted.data)
    before = examination.forecasts(fitted)
    fitted.trainer.save_checkpoint(file)
    loaded = load_forecaster(file)
    after = forecasts(loaded, follow(loaded, fitted.data), examination.positions)
    if not same(before, after):
        difference = float((before - after).abs().max())
        raise Fails(
            f"loaded from its checkpoint it forecasts something else, by up to {difference:.2g}: something that "
            f"it has learned is not stored exactly; {TO_STORE}."
        )
    return f"read again, it gives the same bits for {len(before)} windows"


def check_resumption(examination: Examination) -> str:
    """Go on from the checkpoint of the first epoch, in a new model, and compare with the fit that went on by itself."""
    fitted = examination.fitted
    if not fitted.losses:
        raise NotTried("it is not trained by steps.")
    resumed = examination.fit(examination.data(), epochs=EPOCHS, validate=True, ckpt_path=examination.first_checkpoint)
    state, of_resumed = dict(fitted.model.state_dict()), dict(resumed.model.state_dict())
    advice = f"what a step needs beside the weights is in no checkpoint; {TO_STORE}"
    if (part := differing(state, of_resumed)) is not None:
        raise Fails(f"{part} differs once the fit has gone on from the checkpoint of its first epoch: {advice}.")
    for number, optimizers in enumerate(zip(fitted.trainer.optimizers, resumed.trainer.optimizers, strict=True)):
        first, second = (optimizer.state_dict()["state"] for optimizer in optimizers)
        if not same(first, second):
            raise Fails(f"the state of optimizer {number} differs once the fit has gone on: {advice}.")
    return f"{EPOCHS} epochs at once are the same bits as one, and another in a new model from its checkpoint"
