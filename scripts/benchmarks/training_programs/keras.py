"""An LSTM in Keras on TensorFlow, of the same size and on the same closes."""

import sys

from clock import BATCH, CONTEXT, RATE, SIZES, Clock, arguments, training_closes


def main() -> None:
    """Train and print the times."""
    path, epochs, size = arguments()
    del sys.path[0]  # else this file would be imported instead of the library
    import keras
    import numpy as np

    hidden, layers = SIZES[size] or (1, 1)
    clock = Clock()

    class ClockCallback(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
            clock.begin_step()

        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            clock.end_step()

    closes = np.array(training_closes(path), dtype="float32")
    closes = (closes - closes.min()) / (closes.max() - closes.min())
    windows = np.lib.stride_tricks.sliding_window_view(closes, CONTEXT + 1)
    rnn = [keras.layers.LSTM(hidden, return_sequences=layer < layers - 1) for layer in range(layers)]
    net = keras.Sequential([keras.Input((CONTEXT, 1)), *rnn, keras.layers.Dense(1)])
    net.compile(keras.optimizers.Adam(RATE, clipnorm=1.0), "mse")
    net.fit(windows[:, :CONTEXT, None], windows[:, CONTEXT:], BATCH, epochs, callbacks=[ClockCallback()])
    clock.print_times()


if __name__ == "__main__":
    main()
