"""The user's metrics and baselines of a backtest: made ready for processes of their own, and kept in its record."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from cryptoforecast.evaluation.user_baselines import class_of
from cryptoforecast.evaluation.user_metrics import Metric, find_metrics
from cryptoforecast.recipe.write import class_path, to_json_values
from cryptoforecast.user_code.source_files import SourceCode, source_code_of


class Beside(NamedTuple):
    """Metrics, of which scores are made at the end, and baselines, which each fit makes again.

    Attributes:
        metrics: the functions.
        baselines: ``class_path`` and ``init_args`` of each.
        code: what the baselines are written in.
    """

    metrics: list[Metric]
    baselines: list[dict[str, Any]]
    code: SourceCode

    @property
    def options(self) -> dict[str, Any]:
        """What the rows of a backtest depend on; nothing without baselines."""
        return {"--judge.baselines": self.baselines} if self.baselines else {}

    def with_code(self, code: SourceCode) -> SourceCode:
        """The code of a model with that of the baselines."""
        return SourceCode(code.files | self.code.files, code.hashes | self.code.hashes)


def find_beside(metrics: Sequence[Any], baselines: Sequence[Any]) -> Beside:
    """Metrics and baselines as they are named.

    Args:
        metrics: functions or their import paths.
        baselines: classes, their import paths, or ``class_path`` with ``init_args``.

    Raises:
        UserError: if there is no such function or class.
    """
    classes = [class_of(given) for given in baselines]
    arguments = [given.get("init_args") or {} if isinstance(given, dict) else {} for given in baselines]
    plain = [
        {"class_path": class_path(cls), "init_args": to_json_values(named)}
        for cls, named in zip(classes, arguments, strict=True)
    ]
    return Beside(list(find_metrics(metrics).values()), plain, source_code_of(classes))
