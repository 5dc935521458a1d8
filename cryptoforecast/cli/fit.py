"""``fit``: trains, and prints the verdict on the validation targets and how to go on."""

import shlex
from collections.abc import Sequence

from cryptoforecast.evaluation.printed_verdict import print_verdict
from cryptoforecast.terminal import default_console
from cryptoforecast.training.fit import fit_words
from cryptoforecast.training.settings.parser import PROGRAM


def run(words: Sequence[str]) -> None:
    """Carry out ``fit``.

    Raises:
        UserError: if the command cannot be understood, or what it names is not as it should be.
    """
    fitted = fit_words(words)
    if not fitted.is_judged:  # another process of several prints
        return
    print()
    print_verdict(fitted.val, default_console())
    if fitted.checkpoint is not None:
        path = str(fitted.checkpoint)
        print(f"\ncheckpoint: {path}\nnext: {shlex.join([*PROGRAM, 'test', '--ckpt_path', path])}")
