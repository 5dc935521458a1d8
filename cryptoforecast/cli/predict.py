"""``predict``: prints the forecasts as CSV, or says which files they were written and drawn into."""

import sys
from collections.abc import Sequence

from cryptoforecast.evaluation.forecasts import to_csv
from cryptoforecast.quantiles import COLUMNS
from cryptoforecast.training.predict import predict_words

PRINTED = ("0.05", "0.25", "0.5", "0.75", "0.95")  # of the quantiles; a file has all of them


def run(words: Sequence[str]) -> None:
    """Carry out ``predict``.

    Raises:
        UserError: if the command cannot be understood, or what it names is not as it should be.
    """
    rows, output, plot = predict_words(words)
    if output is None:
        unprinted = [column for column in COLUMNS if column not in PRINTED]
        print(to_csv(rows.drop(columns=unprinted, errors="ignore")), end="")
    for path in (output, plot):
        if path is not None:
            print(f"wrote {path}", file=sys.stderr)
