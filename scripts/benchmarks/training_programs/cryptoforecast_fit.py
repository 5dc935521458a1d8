"""``python -m cryptoforecast fit`` with curves, a checkpoint each epoch and a progress bar.

The size may have a head behind a plus sign, as ``lstm64+StudentT``.
"""

import sys
import tempfile
from pathlib import Path

from clock import BATCH, CONTEXT, RATE, SIZES, arguments, on_gpu

LINEAR = """
from torch import nn
from cryptoforecast import Forecaster

class Linear(Forecaster):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.head = nn.Linear(self.context_length, self.outputs)

    def forward(self, x):
        return self.head(x[..., 0])
"""


def main() -> int:
    """Train and print the times."""
    path, epochs, model = arguments()
    size, _, head = model.partition("+")
    from cryptoforecast.cli.main import main as run

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "linear.py").write_text(LINEAR)
        sys.path.insert(0, folder)
        hidden = SIZES[size]
        lstm = [
            f"--model.{name}={value}" for name, value in zip(("hidden_size", "num_layers"), hidden or (), strict=False)
        ]
        return run(
            ["fit", "--seed_everything=0", "--model=LSTM" if hidden else "--model=linear.Linear", *lstm,
             *([f"--model.head={head}"] if head else []), "--model.optimizer=Adam", f"--model.optimizer.lr={RATE}",
             "--data.source=CsvSource", f"--data.source.path={path}", f"--data.context_length={CONTEXT}",
             f"--data.batch_size={BATCH}",
             "--data.val_from=1461", "--data.test_from=1511", f"--trainer.max_epochs={epochs}",
             f"--trainer.accelerator={'gpu' if on_gpu() else 'cpu'}",
             "--trainer.limit_val_batches=0", "--trainer.gradient_clip_val=1.0", "--trainer.enable_progress_bar=true",
             "--trainer.logger=TensorBoardLogger", f"--trainer.logger.save_dir={folder}",
             "--trainer.callbacks=[]", "--trainer.callbacks+=ModelCheckpoint", "--trainer.callbacks.filename=last",
             "--trainer.callbacks+=clock_callback.ClockCallback"]
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
