"""The words of a command line prepared for the parser: its checkpoint and configurations are read."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from cryptoforecast.models.checkpoints.file import Checkpoint, read_checkpoint
from cryptoforecast.training.checkpoint_of_run import checkpoint_of_run
from cryptoforecast.training.resume import with_configuration_of_run
from cryptoforecast.training.run_folder import LAST
from cryptoforecast.training.settings.arguments import (
    based_on_checkpoint,
    refuse_linked_settings,
    value_of,
    with_lists_replaced,
)
from cryptoforecast.training.settings.class_options import take_class_options
from cryptoforecast.training.settings.configuration import with_configurations_read


class Words(NamedTuple):
    """A command line for the parser, and what is kept from it.

    ``rename`` has the new names of classes by the old ones, ``checkpoint`` is the one to judge, and ``tokens`` are the
    values of its data by the tokens that take their places in ``words``.
    """

    verb: str
    words: list[str]
    rename: dict[str, str]
    checkpoint: Checkpoint | None = None
    tokens: dict[str, object] = {}  # noqa: RUF012 (never changed)


def read_words(typed: Sequence[str], judging: Collection[str]) -> Words:
    """Read the files that a command line names.

    Args:
        typed: the command line.
        judging: the verbs that judge a checkpoint on its data.

    Raises:
        UserError: if a checkpoint or a configuration cannot be read, or may not be.
    """
    words, rename = take_class_options(typed)
    verb, path = words[0] if words else "", value_of("--ckpt_path", words)
    if path not in (None, LAST):
        path = str(checkpoint_of_run(path, last=verb == "fit"))  # of a run folder
    if path is not None and verb not in judging:
        words = words if path == LAST else with_configuration_of_run(words, read_checkpoint(path, rename))
        words = [*words, f"--ckpt_path={path}"]  # after any file that sets it
    words = with_lists_replaced(with_configurations_read(words, rename))
    refuse_linked_settings(words)
    if path is None or verb not in judging:
        return Words(verb, words, rename)
    checkpoint = read_checkpoint(path, rename)
    words, tokens = based_on_checkpoint(checkpoint, words)
    return Words(verb, words, rename, checkpoint, tokens)
