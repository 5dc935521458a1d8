"""``predict``: prints the forecasts as CSV, or says which file they were written into."""

import sys
from collections.abc import Sequence

from cryptoforecast.evaluation.forecasts import to_csv
from cryptoforecast.training.predict import predict_words


def run(words: Sequence[str]) -> None:
    """Carry out ``predict``.

    Raises:
        UserError: if the command cannot be understood, or what it names is not as it should be.
    """
    rows, output = predict_words(words)
    if output is None:
        print(to_csv(rows), end="")
    else:
        print(f"wrote {output}", file=sys.stderr)
