"""The LSTM of Unit8's darts, of the same size and on the same closes."""

import sys
import tempfile

from clock import BATCH, CONTEXT, RATE, SIZES, arguments, training_closes


def main() -> None:
    """Train and print the times."""
    path, epochs, size = arguments()
    del sys.path[0]  # else this file would be imported instead of the library
    import numpy as np
    from darts import TimeSeries
    from darts.models import BlockRNNModel

    sys.path.append(__file__.rsplit("/", 1)[0])
    from clock_callback import ClockCallback

    hidden, layers = SIZES[size] or (1, 1)
    with tempfile.TemporaryDirectory() as folder:
        model = BlockRNNModel(
            input_chunk_length=CONTEXT,
            output_chunk_length=1,
            model="LSTM",
            hidden_dim=hidden,
            n_rnn_layers=layers,
            batch_size=BATCH,
            n_epochs=epochs,
            optimizer_kwargs={"lr": RATE},
            work_dir=folder,
            pl_trainer_kwargs={"callbacks": [ClockCallback()], "accelerator": "cpu", "gradient_clip_val": 1.0},
        )
        model.fit(TimeSeries.from_values(np.array(training_closes(path), dtype="float32")))


if __name__ == "__main__":
    main()
