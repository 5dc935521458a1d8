"""Lightning as tutorials use it: single items from a DataLoader, a loss logged each step, bar and checkpoints."""

import tempfile

from clock import BATCH, CONTEXT, RATE, SIZES, arguments, training_closes


def main() -> None:
    """Train and print the times."""
    path, epochs, size = arguments()
    import torch
    from clock_callback import ClockCallback
    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.loggers import TensorBoardLogger
    from torch import nn
    from torch.utils.data import DataLoader, Dataset

    hidden, layers = SIZES[size] or (1, 1)

    class Windows(Dataset[tuple[torch.Tensor, torch.Tensor]]):
        def __init__(self) -> None:
            closes = torch.tensor(training_closes(path))
            self.closes = (closes - closes.min()) / (closes.max() - closes.min())

        def __len__(self) -> int:
            return len(self.closes) - CONTEXT

        def __getitem__(self, at: int) -> tuple[torch.Tensor, torch.Tensor]:
            return self.closes[at : at + CONTEXT, None], self.closes[at + CONTEXT, None]

    class Net(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(1, hidden, layers, batch_first=True)
            self.head = nn.Linear(hidden, 1)

        def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
            x, y = batch
            loss = nn.functional.mse_loss(self.head(self.rnn(x)[0][:, -1]), y)
            self.log("train_loss", loss, on_step=True, on_epoch=True, prog_bar=True)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=RATE)

    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            logger=TensorBoardLogger(folder),
            log_every_n_steps=1,
            gradient_clip_val=1.0,
            callbacks=[ClockCallback()],
        )
        trainer.fit(Net(), DataLoader(Windows(), batch_size=BATCH, shuffle=True))


if __name__ == "__main__":
    main()
