"""``export``: writes a checkpoint as a file that forecasts without this package, and says what was verified."""

from collections.abc import Sequence

from cryptoforecast.cli.parser import Parser
from cryptoforecast.export.run import export
from cryptoforecast.training.settings.class_options import take_class_options


def run(words: Sequence[str]) -> None:
    """Carry out ``export``.

    Raises:
        UserError: if the command cannot be understood, or the model cannot be exported.
    """
    left, rename = take_class_options(list(words)[1:])
    parser = Parser(prog="python -m cryptoforecast export", add_help=False, allow_abbrev=False)
    parser.add_argument("--ckpt_path", required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args(left)
    done = export(options.ckpt_path, options.output, rename=rename)
    print(f"{done.sentence}\nwrote {done.output} and {done.card}")
