"""Who has something to do at which moment of a training batch."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from cryptoforecast.models.contract.signatures import is_overridden

OF_A_BATCH = (
    "on_train_batch_start",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
    "on_train_batch_end",
)


class Hooks:
    """The hooks of a batch that callbacks and model have written; the others, which do nothing, are not called.

    Args:
        trainer: with its callbacks and its model.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer, self._module = trainer, trainer.lightning_module
        self._of_callbacks, self._of_module = {}, {}
        for name in OF_A_BATCH:
            self._of_callbacks[name] = [
                getattr(one, name)
                for one in trainer.callbacks  # type: ignore[attr-defined]
                if is_overridden(one, name, Callback)
            ]
            if is_overridden(self._module, name, LightningModule):
                self._of_module[name] = getattr(self._module, name)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call the callbacks' hooks, then the model's; return what the model's says."""
        before, self._module._current_fx_name = self._module._current_fx_name, name  # self.log asks for it
        for hook in self._of_callbacks[name]:
            hook(self._trainer, self._module, *arguments)
        answer = self._of_module[name](*arguments) if name in self._of_module else None
        self._module._current_fx_name = before
        return answer

    def ask(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call a method that every model has."""
        before, self._module._current_fx_name = self._module._current_fx_name, name
        answer = getattr(self._module, name)(*arguments, **named)
        self._module._current_fx_name = before
        return answer
