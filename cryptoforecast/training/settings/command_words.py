"""The words of a command line made ready for the parser: checkpoint and configurations are read."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from cryptoforecast.models.checkpoints.file import Checkpoint, read_checkpoint
from cryptoforecast.training.resume import with_configuration_of_run
from cryptoforecast.training.run_folder import LAST
from cryptoforecast.training.settings.arguments import on_top_of, refuse_settings_of_data, value_of, with_whole_lists
from cryptoforecast.training.settings.class_options import take_class_options
from cryptoforecast.training.settings.configuration import with_configurations_read


class Words(NamedTuple):
    """What a parser is to see of a command line, and what it is not.

    ``rename`` has the new names of classes by the old ones; ``checkpoint`` is the one to be judged, and ``tokens`` are
    what its values stand for that no parser may see.
    """

    verb: str
    words: list[str]
    rename: dict[str, str]
    checkpoint: Checkpoint | None = None
    tokens: dict[str, object] = {}  # noqa: RUF012 (never changed)


def read_words(typed: Sequence[str], judging: Collection[str]) -> Words:
    """Read what a command line names.

    Args:
        typed: the command line.
        judging: the verbs that start from a checkpoint's data.

    Raises:
        UserError: if a checkpoint or a configuration cannot be read, or must not be.
    """
    words, rename = take_class_options(typed)
    verb, path = words[0] if words else "", value_of("--ckpt_path", words)
    if path is not None and verb not in judging:
        words = words if path == LAST else with_configuration_of_run(words, read_checkpoint(path, rename))
        words = [*words, f"--ckpt_path={path}"]  # no file unsays it
    words = with_whole_lists(with_configurations_read(words, rename))
    refuse_settings_of_data(words)
    if path is None or verb not in judging:
        return Words(verb, words, rename)
    checkpoint = read_checkpoint(path, rename)
    words, tokens = on_top_of(checkpoint, words)
    return Words(verb, words, rename, checkpoint, tokens)
