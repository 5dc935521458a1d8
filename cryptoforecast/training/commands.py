"""fit, validate, test and predict, on Lightning's own command line."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from cryptoforecast.data.datamodule import CloseDataModule, num_validated_windows
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.figures.tensorboard import ForecastFigure, save_figures
from cryptoforecast.evaluation.forecasts import next_closes, rows_beside_baselines, to_csv
from cryptoforecast.evaluation.notices import warn_of_implausible_skill, warn_of_seen_targets
from cryptoforecast.evaluation.verdict import judge, print_verdict
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.load import load_forecaster
from cryptoforecast.models.checkpoints.reload_check import require_reloadable
from cryptoforecast.models.contract.fitted import require_fitted
from cryptoforecast.training.evaluation_hooks import call_evaluation_hooks, show_logged
from cryptoforecast.training.exact import as_list
from cryptoforecast.training.fit_entries import mark_as_counted
from cryptoforecast.training.ledger_entries import compare_with_fit, enter_fit, enter_test
from cryptoforecast.training.preflight import check_before_fit
from cryptoforecast.training.resume import open_run_folder, require_resumable
from cryptoforecast.training.run_folder import CHECKPOINTS, LAST, folder_of_results, run_folder
from cryptoforecast.training.run_record import RunRecord
from cryptoforecast.training.settings.checks import require_settings_that_work
from cryptoforecast.training.settings.command_line import FILES, OURS, CommandLine
from cryptoforecast.training.settings.parser import PROGRAM, ForecastParser, to_yaml
from cryptoforecast.training.train import best_checkpoint, train
from cryptoforecast.user_folders import expand_home

__all__ = ["ForecastCLI", "ForecastFigure", "run"]  # the figure is here for YAML files to find by its short name


def run(args: Sequence[str], kind: type["ForecastCLI"] | None = None, **own: Any) -> "ForecastCLI":
    """Carry out a command line; if it is of another ``kind``, with what that wants to know.

    Raises:
        UserError: if it cannot be understood, or what it names is not as it should be.
    """
    return (kind or ForecastCLI)(
        model_class=Forecaster,
        datamodule_class=CloseDataModule,
        save_config_callback=RunRecord,  # type: ignore[arg-type]  # is called as the usual one is
        trainer_defaults={"devices": 1, "enable_model_summary": False},
        subclass_mode_model=True,
        auto_configure_optimizers=False,
        parser_class=ForecastParser,
        parser_kwargs={"prog": " ".join(PROGRAM)},
        args=list(args),
        **own,
    )


class ForecastCLI(CommandLine):
    """Lightning's command line, with verbs that judge: every score stands beside the random walk's."""

    def _run_subcommand(self, subcommand: str) -> None:
        with ExitStack() as self.held:
            super()._run_subcommand(subcommand)

    def before_fit(self) -> None:
        """See that all is in order before a run folder is made, or written on in."""
        self.datamodule.setup("fit")
        check_before_fit(self.model, self.datamodule, self.trainer)
        require_settings_that_work(self.trainer, self.model, self.datamodule)
        if self.checkpoint is not None:
            seed = self._get(self.config, "seed_everything")
            require_resumable(self.checkpoint, self.model, self.datamodule, self.trainer, seed)
        chosen = self.config[self.subcommand]
        configuration = to_yaml(self._parser(self.subcommand), chosen)
        self.held.enter_context(open_run_folder(self.trainer, self.checkpoint, configuration))
        self.code = mark_as_counted(self.trainer, self.model, self.datamodule, chosen.as_dict())
        records = [one for one in self.trainer.callbacks if isinstance(one, RunRecord)]  # type: ignore[attr-defined]
        for record in records:
            record.enter = self._enter_fit
        if not records:  # with trainer.fast_dev_run
            self._enter_fit()

    def _enter_fit(self) -> None:
        chosen = self.config[self.subcommand]
        enter_fit(self.trainer, self.model, self.datamodule, chosen, self.checkpoint, self.code)

    def fit(self, model: Forecaster, **options: Any) -> None:
        """Train."""
        train(self.trainer, model, **options)

    def after_fit(self) -> None:
        """Judge the best checkpoint on the validation targets, and say how to go on."""
        path = best_checkpoint(self.trainer, self._get(self.config_init, "trainer").callbacks)
        if not path and self.trainer.checkpoint_callback:  # nothing to learn, nothing was best
            home = run_folder(self.trainer) or Path(self.trainer.default_root_dir)
            path = str(home / CHECKPOINTS / f"{LAST}.ckpt")
            self.trainer.save_checkpoint(path, weights_only=False)
        if not self.trainer.is_global_zero:
            return
        if path and self.trainer.world_size == 1:
            require_reloadable(self.trainer, self.model, self.datamodule)
        print()
        self._judge(load_forecaster(path) if path else self.model, "val")
        if path:
            print(f"\ncheckpoint: {path}\nnext: {shlex.join([*PROGRAM, 'test', '--ckpt_path', path])}")

    def validate(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Score a checkpoint and the baselines on the validation targets."""
        datamodule.setup("validate")
        self._judge(self._trained(model), "val", self._output_dir())

    def test(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Score a checkpoint and the baselines on the test targets."""
        datamodule.setup("test")
        self._judge(self._trained(model), "test", self._output_dir())

    def predict(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Forecast the closes after the last bar that is over."""
        chosen = self._get(self.config, "output")
        output = None if chosen is None else expand_home(chosen)
        if output is not None and not output.parent.is_dir():
            raise UserError(f"{output}: there is no folder {output.parent} to write it into.")
        datamodule.setup("predict")
        if self.checkpoint is not None:
            compare_with_fit(self.checkpoint, self.restored, datamodule)
        forecaster = self._trained(model)
        rows = next_closes(forecaster, datamodule)
        if output is None:
            print(to_csv(rows), end="")
        else:
            to_csv(rows, output)
            print(f"wrote {output}", file=sys.stderr)
        self._run_own_steps(forecaster, Path() if output is None else output.parent)

    def _trained(self, model: Forecaster) -> Forecaster:
        if self.checkpoint is not None:
            return self.restored
        require_fitted(model, f"{self.subcommand} needs --ckpt_path")
        return model

    def _judge(self, model: Forecaster, split: Literal["val", "test"], folder: Path | None = None) -> None:
        """Forecast, score and print; and write, if a folder is given."""
        if self.checkpoint is not None and self.subcommand in OURS:
            compare_with_fit(self.checkpoint, model, self.datamodule)
        flattered_by = warn_of_seen_targets(model, self.datamodule, split)
        trainer, simulated = self.trainer, self.datamodule.simulated
        rows = rows_beside_baselines(
            model, self.datamodule, split, trainer.strategy.root_device, num_validated_windows(trainer)
        )
        held = (self.checkpoint, model, self.datamodule)
        tries, flattered_by = enter_test(*held, rows, split, folder or Path(), flattered_by)
        verdict = judge(rows, split, simulated, tries, flattered_by)
        if self.subcommand == "test":
            warn_of_implausible_skill(rows, self.typed)
        print_verdict(verdict, Console() if sys.stdout.isatty() else Console(width=100))
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            to_csv(rows, folder / "forecasts.csv")
            verdict.write(folder / "scores.json")
            save_figures(rows, split, folder, simulated)
            show_logged(self._run_own_steps(model, folder), folder / "scores.json")
            print(f"\nwrote {FILES} of the {split} targets into {folder}")

    def _run_own_steps(self, model: Forecaster, folder: Path) -> dict[str, float]:
        callbacks = as_list(self._get(self.config_init, "trainer").callbacks)
        return call_evaluation_hooks(str(self.subcommand), model, self.datamodule, self.trainer, callbacks, folder)

    def _output_dir(self) -> Path:
        """Where ``--output_dir`` says, else the checkpoint's run folder, else the working folder."""
        chosen = self._get(self.config, "output_dir")
        if chosen is not None:
            return expand_home(chosen)
        return Path() if self.checkpoint is None else folder_of_results(self.checkpoint)
