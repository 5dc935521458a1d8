"""Lightning's command line, with public names for what a subclass of it uses or overrides."""

from typing import Any

from lightning.pytorch.cli import LightningArgumentParser, LightningCLI


class VerbCLI(LightningCLI):
    """A ``LightningCLI`` with verbs (Lightning: subcommands); subclasses override ``set_seed`` and ``run_verb``."""

    @property
    def verb_parsers(self) -> dict[str, LightningArgumentParser]:
        """The parser of each verb."""
        return self._subcommand_parsers

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

    def _set_seed(self) -> None:
        self.set_seed()

    def _run_subcommand(self, subcommand: str) -> None:
        self.run_verb(subcommand)

    def _parse_ckpt_path(self) -> None:
        """Read nothing: Lightning would look in a checkpoint for arguments of the model that ours keeps elsewhere."""
