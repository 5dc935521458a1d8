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


class Hooks:
    """Calls the hooks of a batch that callbacks and model override, and not the inherited ones, which do nothing.

    Args:
        trainer: with its callbacks and its model.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer, self._module = trainer, trainer.lightning_module
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
        before, self._module._current_fx_name = self._module._current_fx_name, name  # self.log asks for it
        for hook in self._of_callbacks[name]:
            hook(self._trainer, self._module, *arguments)
        returned = self._of_module[name](*arguments) if name in self._of_module else None
        self._module._current_fx_name = before
        return returned

    def call_method(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call a method that every model has, and return what it returns."""
        before, self._module._current_fx_name = self._module._current_fx_name, name
        returned = getattr(self._module, name)(*arguments, **named)
        self._module._current_fx_name = before
        return returned
