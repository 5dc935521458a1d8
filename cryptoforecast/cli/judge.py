"""``validate`` and ``test``: print the table of scores, the claim, and where the files are."""

from collections.abc import Sequence

from cryptoforecast.evaluation.printed_verdict import print_verdict
from cryptoforecast.terminal import default_console
from cryptoforecast.training.judge import judge_words


def run(words: Sequence[str]) -> None:
    """Carry out ``validate`` or ``test``.

    Raises:
        UserError: if the command cannot be understood, or what it names is not as it should be.
    """
    verdict, logged, folder, files = judge_words(words)
    print_verdict(verdict, default_console())
    if logged:
        print("\nlogged by its own steps: " + ", ".join(f"{name} {value:.6g}" for name, value in logged.items()))
    print(f"\nwrote {', '.join(files[:-1])} and {files[-1]} of the {verdict.split} targets into {folder}")
