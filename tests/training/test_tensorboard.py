"""What TensorBoard shows of a run beside its curves over the epochs: loss by step, settings, verdicts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams.backend_context import Context
from tensorboard.plugins.hparams.list_session_groups import Handler

from cryptoforecast import LSTM, exact
from cryptoforecast.training.tensorboard import StepCurves, write_settings
from tests.helpers import CONFIGS, SMALL, Said, data_of, random_walk, write_yahoo
from tests.models.helpers import LENGTHS, Kill, Killed

Points = list[tuple[int, float]]
pytestmark = pytest.mark.filterwarnings("ignore:Checkpoint directory")


def events_of(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return events


def points_of(folder: Path) -> dict[str, Points]:
    events = events_of(folder)
    return {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def train(folder: Path, *loggers: Logger, path: Path | None = None, kill: Kill | None = None, **settings: Any) -> LSTM:
    """Two epochs of seven batches, a checkpoint after every third."""
    seed_everything(5)
    model = LSTM(hidden_size=2, **LENGTHS)
    keep = ModelCheckpoint(dirpath=folder, filename="last", every_n_train_steps=3)
    settings = {"max_epochs": 2, "log_every_n_steps": 2, **settings}
    options = exact(callbacks=[StepCurves(), kill or Kill(), keep], logger=list(loggers), accelerator="cpu",
                    enable_progress_bar=False, enable_model_summary=False, **settings)  # fmt: skip
    Trainer(**options).fit(model, data_of(random_walk(140), batch_size=16), ckpt_path=path)
    return model


def board(folder: Path, **settings: Any) -> TensorBoardLogger:
    return TensorBoardLogger(folder, name="", version="run", **settings)


def test_the_loss_of_every_nth_step_is_drawn_by_step_and_gradients_by_epoch(tmp_path: Path) -> None:
    train(tmp_path, board(tmp_path))
    (by_step,) = points_of(tmp_path / "run" / "steps").values()
    assert [step for step, _ in by_step] == [1, 2, 4, 6, 8, 10, 12, 14]
    by_epoch = points_of(tmp_path / "run")
    assert "train/loss_by_step" not in by_epoch
    assert [epoch for epoch, _ in by_epoch["train/gradient_norm"]] == [0, 1]
    assert min(norm for _, norm in by_epoch["train/gradient_norm"]) > 0


def test_the_norm_is_that_of_all_gradients_before_they_are_clipped(tmp_path: Path) -> None:
    found = []

    class Noting(LSTM):
        def on_before_optimizer_step(self, optimizer: Any) -> None:
            found.append(torch.cat([one.grad.flatten() for one in self.parameters() if one.grad is not None]).norm())

    model = Noting(hidden_size=2, **LENGTHS)
    trainer = Trainer(callbacks=[StepCurves()], logger=board(tmp_path), max_epochs=1, accelerator="cpu",
                      gradient_clip_val=1e-3, enable_progress_bar=False, enable_checkpointing=False,
                      enable_model_summary=False)  # fmt: skip
    trainer.fit(model, data_of(random_walk(140), batch_size=4))
    every_tenth = torch.stack(found[::10]).mean().item()
    assert len(found) > 20
    assert trainer.callback_metrics["train/gradient_norm"].item() == pytest.approx(every_tenth, rel=1e-5)


def test_nothing_is_drawn_by_step_where_log_every_n_steps_is_zero(tmp_path: Path) -> None:
    model = train(tmp_path, board(tmp_path), log_every_n_steps=0)
    assert not (tmp_path / "run" / "steps").exists()
    assert "train/gradient_norm" not in points_of(tmp_path / "run")
    drawn = train(tmp_path / "drawn", board(tmp_path / "drawn"))
    for silent, noted in zip(model.parameters(), drawn.parameters(), strict=True):
        assert torch.equal(silent, noted)  # what is drawn changes no bit


def test_other_loggers_have_the_gradients_and_no_second_axis_of_steps(tmp_path: Path) -> None:
    train(tmp_path, CSVLogger(tmp_path, name="", version="run"))
    header = (tmp_path / "run" / "metrics.csv").read_text().splitlines()[0].split(",")
    assert "train/gradient_norm" in header
    assert "train/loss_by_step" not in header


@pytest.mark.parametrize("left", [4, 8, 12])
def test_where_a_killed_training_goes_on_the_curves_have_no_seam(left: int, tmp_path: Path) -> None:
    train(tmp_path / "whole", board(tmp_path / "whole"))
    broken = tmp_path / "broken"
    with pytest.raises(Killed):
        train(broken, board(broken), kill=Kill("on_train_batch_end", left))
    assert (broken / "last.ckpt").exists()
    epoch = torch.load(broken / "last.ckpt", weights_only=True)["epoch"]
    train(broken, board(broken, purge_step=epoch), path=broken / "last.ckpt")
    for part in ("run", "run/steps"):
        assert points_of(broken / part) == points_of(tmp_path / "whole" / part)


def hparams_of(folder: Path) -> list[tuple[dict[str, Any], dict[str, float]]]:
    """The rows of the HParams page, as its backend makes them: settings, and metrics."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    context = Context(TBContext(data_provider=provider, logdir=str(folder), multiplexer=multiplexer))
    metadata = context.hparams_metadata(RequestContext(), "")
    experiment = context.experiment_from_metadata(RequestContext(), "", True, metadata, [])
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0,
        slice_size=100,
        allowed_statuses=list(api_pb2.Status.values()),
        col_params=[api_pb2.ColParams(metric=one.name) for one in experiment.metric_infos],
    )
    response = Handler(RequestContext(), context, "", request).run()
    rows = []
    for group in sorted(response.session_groups, key=lambda group: group.name):
        settings = {name: getattr(value, value.WhichOneof("kind")) for name, value in group.hparams.items()}
        rows.append((settings, {value.name.tag: value.value for value in group.metric_values}))
    return rows


def test_the_hparams_page_has_a_row_for_each_run_also_where_settings_are_the_same(tmp_path: Path) -> None:
    for version in range(3):
        write_settings(tmp_path / f"version_{version}", {"model": "LSTM", "seed": min(version, 1), "optimizer.lr": 0.1})
    assert [row["seed"] for row, _ in hparams_of(tmp_path)] == [0, 1, 1]


SETTINGS = ("--data.source=CsvSource", "--data.source.path=COIN-USD.csv", *SMALL)


def test_settings_that_differ_from_their_defaults_stand_beside_the_skills_on_val_and_test(
    tmp_path: Path, type_in: Callable[..., Said]
) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    for lr in (0.001, 0.01):
        fit = ("fit", "--config", CONFIGS / "btc.yaml", *SETTINGS, f"--model.optimizer.lr={lr}", "--data.horizon=2")
        assert type_in(*fit).status == 0
    first, second = sorted(path.parent for path in tmp_path.glob("runs/*/*/config.yaml"))
    assert type_in("test", "--ckpt_path", first / "checkpoints" / "best.ckpt").status == 0
    elsewhere = ("--output_dir", tmp_path / "elsewhere")
    assert type_in("test", "--ckpt_path", second / "checkpoints" / "best.ckpt", *elsewhere).status == 0
    (settings, metrics), (of_second, metrics_of_second) = hparams_of(tmp_path / "runs")
    expected = {"model": "LSTM", "model.hidden_size": 4.0, "model.num_layers": 1.0, "data.context_length": 12.0,
                "data.horizon": 2.0, "data.series": "COIN-USD", "data.source": "CsvSource", "seed": 0.0,
                "data.source.path": "COIN-USD.csv", "optimizer": "Adam", "optimizer.lr": 0.001}  # fmt: skip
    assert expected.items() <= settings.items()
    assert settings | {"optimizer.lr": 0.01} == of_second, "the only setting that differs"
    assert not {"trainer.logger", "trainer.callbacks", "data.batch_first", "optimizer.betas"} & set(settings)
    scores = json.loads((first / "scores.json").read_text())["scores"]["LSTM"]["skill"]
    assert set(metrics) == {"skill/val", "skill/test"}, "no other curve is a metric"
    assert metrics["skill/test"] == pytest.approx(scores, rel=1e-6)
    assert set(metrics_of_second) == {"skill/val"}, "a test that is written elsewhere is none of the run's"
    events = events_of(first / "verdict")
    for split in ("val", "test"):
        (shown,) = events.Tensors(f"verdict/{split}")
        text = shown.tensor_proto.string_val[0].decode()
        assert f"{split} targets" in text
        assert "RandomWalk" in text
        assert "better than persistence" in text.replace("\n", " ")
        assert max(map(len, text.splitlines())) <= 100, "the browser cuts off what lies beyond its window"
