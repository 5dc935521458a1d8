"""Lightning's command line, with public names for what a subclass of it uses or overrides."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from jsonargparse import ArgumentError, Namespace
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

from cryptoforecast.training.settings.yaml_texts import load_yaml


class VerbCLI(LightningCLI):
    """A ``LightningCLI`` with verbs (Lightning: subcommands); subclasses override ``set_seed`` and ``run_verb``.

    Args:
        args: the command line, which begins with a verb. Only the parser of this verb has options: making those of the
            others takes longer than parsing.
        options: those of ``LightningCLI``.
    """

    def __init__(self, *, args: Sequence[str], **options: Any) -> None:
        self.verbs = self.subcommands().keys() & set(args[:1]) or self.subcommands().keys()
        super().__init__(args=list(args), **options)

    @property
    def verb_parsers(self) -> dict[str, LightningArgumentParser]:
        """The parser of each verb that has options."""
        return {verb: self._subcommand_parsers[verb] for verb in self.verbs}

    def parse_words(self, words: Sequence[str]) -> Namespace:
        """The options of a command line.

        The parser of the verb reads it alone, in half of the time: the parser of all verbs would call it, and then add
        defaults and check everything once more. That one is called where it prints something, or for the error.
        """
        verb = words[0] if words else ""
        if verb in self.verb_parsers and not any(word.startswith("--print_config") for word in words):
            with suppress(ArgumentError):
                options = self.verb_parsers[verb].parse_args(words[1:])
                return Namespace({"subcommand": verb, verb: options})  # type: ignore[no-untyped-call]
        return self.parser.parse_args(words)

    def option(self, name: str) -> Any:
        """The value of an option of the verb, as it was parsed; None if there is none."""
        return self.config[self.subcommand].get(name)

    def instantiated(self, name: str) -> Any:
        """The value of an option of the verb, with its classes instantiated; None if there is none."""
        return self.config_init[self.subcommand].get(name)

    @property
    def dumped(self) -> dict[str, Any]:
        """The options of the verb as plain values, of which Lightning makes the ``hparams`` of model and data."""
        self._dump_config()
        dumped: dict[str, Any] = self.config_dump
        return dumped

    def _dump_config(self) -> None:
        """As Lightning does, without checking for a second time what was parsed."""
        if not hasattr(self, "config_dump"):
            text = self.parser.dump(self.config, skip_link_targets=False, skip_unset=False, skip_validation=True)
            dumped = load_yaml(text)
            self.config_dump = dumped[self.config["subcommand"]] if "subcommand" in self.config else dumped

    def take_dumped(self, dumped: dict[str, Any]) -> None:
        """Take up what :attr:`dumped` returned, which takes as long to make as a small fit."""
        self.config_dump = dumped

    def take_parsers(self, made: "VerbCLI") -> None:
        """Take the parsers of a command line that has parsed nothing with them, in place of making some."""
        self.parser, self._subcommand_parsers = made.parser, made.verb_parsers
        self._subcommand_method_arguments = made._subcommand_method_arguments

    def set_seed(self) -> None:
        """Seed everything with the option ``seed_everything``, and keep a seed that was drawn in its place."""
        super()._set_seed()

    def run_verb(self, verb: str) -> None:
        """Call the methods ``before_<verb>``, ``<verb>`` and ``after_<verb>`` that there are, else the trainer's."""
        super()._run_subcommand(verb)

    def _prepare_subcommand_parser(self, klass: type, subcommand: str, **kwargs: Any) -> LightningArgumentParser:
        if subcommand in self.verbs:
            return super()._prepare_subcommand_parser(klass, subcommand, **kwargs)
        self._subcommand_method_arguments[subcommand] = []
        return self.init_parser(**kwargs)

    def _set_seed(self) -> None:
        self.set_seed()

    def _run_subcommand(self, subcommand: str) -> None:
        self.run_verb(subcommand)

    def _parse_ckpt_path(self) -> None:
        """Read nothing: Lightning would look in a checkpoint for arguments of the model that ours keeps elsewhere."""
