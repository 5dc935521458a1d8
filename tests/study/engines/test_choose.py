"""The choice of an engine by its name."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

import cryptoforecast as cf
from cryptoforecast.errors import UsageError
from cryptoforecast.study.engines import choose
from cryptoforecast.study.engines.choose import EngineOptions, make_engine
from tests.cli.helpers import QUICK, SIMULATED, contents
from tests.helpers import Said

ENGINE = '''
    """Fits one after the other, in the process of the command."""

    from cryptoforecast.data.sources.loaded_once import loaded_once
    from cryptoforecast.study.engines.engine import Ended
    from cryptoforecast.study.fold_fit import fit_fold


    def make_engine(options, loaded, accelerator):
        return Here(loaded)


    class Here:
        workers = 1

        def __init__(self, loaded):
            self.loaded = loaded

        def __enter__(self):
            return self

        def __exit__(self, *problem):
            pass

        def start(self, fit):
            with loaded_once(self.loaded):
                fit_fold(fit)
            self.ended = Ended(fit, 1.0)

        def wait(self):
            return [self.ended]
'''


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
def test_a_third_engine_is_a_file_and_a_line_and_gives_the_bytes_of_the_engine_local(
    type_in: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("engine_here.py").write_text(dedent(ENGINE))
    monkeypatch.setitem(choose.ENGINES, "here", "engine_here")
    words = ("backtest", *QUICK, *SIMULATED, "--folds=1", "--seed_everything=0")
    assert type_in(*words, "--output_dir=local").status == 0
    said = type_in(*words, "--engine=here", "--output_dir=here")
    assert said.status == 0, said.err
    assert contents(Path("here")) == contents(Path("local"))
    assert Path("here/backtest.json").read_bytes() == Path("local/backtest.json").read_bytes()
    said = type_in(*words, "--engine=local", "--workers=2", "--output_dir=here")
    assert (said.status, "kept     1 of 1 fits, finished before" in said.out) == (0, True), said.err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"engine": "slurm"}, "--engine is 'slurm'; it is one of local, ray."),
        ({"workers": 0}, "--workers is 0; it must be at least 1."),
        ({"address": "auto"}, "--address is an option of a cluster; set --engine ray too, or leave it out."),
        ({"num_cpus": 2.0}, "--num_cpus is an option of a cluster; set --engine ray too, or leave it out."),
        ({"engine": "ray", "num_gpus": -1.0}, "--num_gpus is -1.0; it must be at least 0."),
    ],
)
def test_an_option_that_the_engine_does_not_have_is_refused_before_anything_is_made(
    options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError) as refused:
        cf.backtest(source=cf.SimulatedSource(rows=160), model=cf.LSTM, folds=1, output_dir="out", **options)  # type: ignore[arg-type]
    assert str(refused.value) == sentence
    assert not Path("out").exists()


def test_an_engine_has_the_workers_that_the_options_name_and_the_local_one_has_one_by_default() -> None:
    assert make_engine(EngineOptions(), {}, "CPUAccelerator").workers == 1
    assert make_engine(EngineOptions(workers=3), {}, "CPUAccelerator").workers == 3
