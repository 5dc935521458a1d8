"""Models that a rehearsal of a fit passes, refuses or must leave as they are."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cryptoforecast import Forecaster, Window
from tests.helpers import data_of, random_walk
from tests.models.helpers import Linear

DATA = data_of(random_walk(160))
SEEN: list[Any] = []  # what models of this file have to tell


class FirstBatch(Linear):
    """Standardises by the first batch that it sees, in whatever mode (as ActNorm does)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.register_buffer("level", torch.tensor(torch.nan))

    def forward(self, x: Tensor) -> Tensor:
        SEEN.append(x)
        if self.level.isnan():
            self.level.copy_(x.std())
        return super().forward(x / self.level)


class Lazy(Forecaster):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.body, self.head = nn.LazyLinear(8), nn.LazyLinear(self.horizon)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.head(self.body(x[..., 0]).relu())
        return answer


class Late(Linear):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.head = None  # type: ignore[assignment]

    def configure_model(self) -> None:
        if self.head is None:
            self.head = nn.Linear(self.context_length, self.horizon)


class FromData(Linear):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.register_buffer("level", torch.tensor(torch.nan))

    def setup(self, stage: str) -> None:
        super().setup(stage)
        if stage == "fit":
            self.level.fill_(self.trainer.datamodule.train_closes().log().std())  # type: ignore[attr-defined]

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x / self.level)


class AsksTheTrainer(Linear):
    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.SGD(self.parameters(), 0.1)
        SEEN.append((self.trainer.estimated_stepping_batches, self.trainer.max_epochs, self.trainer.log_dir))
        self.logger and self.logger.experiment.add_text("name", "text")  # type: ignore[attr-defined]
        steps = self.trainer.estimated_stepping_batches
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=int(steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


class OwnHook(Linear):
    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["mine"] = 1


class OwnState(Linear):
    """Keeps something in the checkpoint as Lightning's documents say."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.level = 1.0

    def on_train_batch_end(self, *_: Any) -> None:
        self.level = 1.5

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["level"] = self.level

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        self.level = checkpoint["level"]

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.level


class Pickled(Linear):
    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["mine"] = Path("somewhere")


class Hidden(Linear):
    """What it learns is in no state dict."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.level = 0.0

    def on_fit_start(self) -> None:
        window = DATA.windows[DATA.fold.train]
        self.level = self.scaled(window.target, window.context).mean().item()

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.level


class Sampling(Linear):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + torch.randn(len(x), self.horizon)


class NotOfItsArguments(Linear):
    def __init__(self, width: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.more = nn.Linear(width, SEEN.append(1) or len(SEEN))  # type: ignore[func-returns-value]


class Idle(Lazy):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.idle = nn.LazyLinear(3)


class Batchy(Linear):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.norm = nn.BatchNorm1d(self.context_length)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(self.norm(x[..., 0]).unsqueeze(-1))


class NotFinite(Linear):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if self.training else super().forward(x) / 0


class ManyRows(Linear):
    """Is fitted on all windows, and on no part of them."""

    def setup(self, stage: str) -> None:
        super().setup(stage)
        count = len(self.trainer.datamodule.fold.train)  # type: ignore[attr-defined]
        SEEN.append(count)
        if count < 1100:
            raise ArithmeticError("too few")


class Weighty(Linear):
    """Has weights of windows, of which its own loss makes nothing."""

    def weight(self, window: Window) -> Tensor:
        return torch.ones(len(window.target))

    def loss(self, forecast: Tensor, target: Tensor) -> Tensor:
        return (forecast - target).abs().mean()


class Weighing(Weighty):
    """Has weights of windows, and uses them in its own loss."""

    def loss(self, forecast: Tensor, target: Tensor, window: Window) -> Tensor:  # type: ignore[override]
        return ((forecast - target).abs().mean(dim=1) * self.weight(window)).mean()


class WeightyStep(Linear):
    """Has weights of windows, of which its own training step makes nothing."""

    def weight(self, window: Window) -> Tensor:
        return torch.ones(len(window.target))

    def training_step(self, window: Window, batch_index: int) -> Tensor:
        x, target = self.scaled(window)
        return (self(x) - target).square().mean()
