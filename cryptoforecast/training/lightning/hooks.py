"""The hooks of a training batch that a model and its callbacks have overridden."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from cryptoforecast.models.contract.signatures import is_overridden

BATCH_HOOKS = (
    "on_train_batch_start",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
    "on_train_batch_end",
)
CURRENT = "_current_fx_name"  # where ``self.log`` looks for the hook that calls it


class Hooks:
    """Calls the hooks of a batch that callbacks and model override, and not the inherited ones, which do nothing.

    Args:
        trainer: with its callbacks and its model.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer, self._module = trainer, trainer.lightning_module
        self._state = vars(self._module)  # set past the checks of names that a user sets
        self._of_callbacks, self._of_module = {}, {}
        for name in BATCH_HOOKS:
            self._of_callbacks[name] = [
                getattr(callback, name)
                for callback in trainer.callbacks  # type: ignore[attr-defined]
                if is_overridden(callback, name, Callback)
            ]
            if is_overridden(self._module, name, LightningModule):
                self._of_module[name] = getattr(self._module, name)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call the callbacks' hooks, then the model's; return what the model's returns."""
        of_callbacks, of_module = self._of_callbacks[name], self._of_module.get(name)
        if not of_callbacks and of_module is None:
            return None
        before, self._state[CURRENT] = self._state[CURRENT], name
        for hook in of_callbacks:
            hook(self._trainer, self._module, *arguments)
        returned = of_module(*arguments) if of_module is not None else None
        self._state[CURRENT] = before
        return returned

    def call_method(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call a method that every model has, and return what it returns."""
        before, self._state[CURRENT] = self._state[CURRENT], name
        returned = getattr(self._module, name)(*arguments, **named)
        self._state[CURRENT] = before
        return returned
