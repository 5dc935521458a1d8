"""The LSTM of Nixtla's neuralforecast, of the same size and on the same closes."""

import sys
import tempfile

from clock import BATCH, CONTEXT, RATE, SIZES, STEPS, arguments, training_closes


def main() -> None:
    """Train and print the times."""
    path, epochs, size = arguments()
    del sys.path[0]  # else this file would be imported instead of the library
    import pandas as pd
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM

    sys.path.append(__file__.rsplit("/", 1)[0])
    from clock_callback import ClockCallback

    hidden, layers = SIZES[size] or (1, 1)
    closes = training_closes(path)
    times = pd.date_range("2016-01-01", periods=len(closes))
    table = pd.DataFrame({"unique_id": "COIN", "ds": times, "y": closes})
    with tempfile.TemporaryDirectory() as folder:
        model = LSTM(
            h=1,
            input_size=CONTEXT,
            encoder_hidden_size=hidden,
            encoder_n_layers=layers,
            decoder_hidden_size=hidden,
            decoder_layers=1,
            recurrent=False,
            max_steps=STEPS * epochs,
            learning_rate=RATE,
            batch_size=1,
            windows_batch_size=BATCH,
            callbacks=[ClockCallback()],
            logger=False,
            accelerator="cpu",
            gradient_clip_val=1.0,
            default_root_dir=folder,
        )
        NeuralForecast(models=[model], freq="D").fit(table)


if __name__ == "__main__":
    main()
