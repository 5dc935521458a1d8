"""What has become of a register's forecasts: verdicts, problems, and what is open."""

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.distribution.density import density_scores_by_series, overall_density, point_rows
from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.metrics import overall, scores_by_series
from cryptoforecast.evaluation.verdict import Verdict
from cryptoforecast.formatting import count_of
from cryptoforecast.register.chain import Problem


@dataclass(frozen=True)
class Settled:
    """A register beside the closes that have come.

    Attributes:
        path: the register.
        head: the hash of its last line.
        lines: how many lines it has.
        open: how many forecasts wait for a bar; each step of a line is scored once its bar is there.
        absent: how many forecasts are of bars that the closes lack.
        verdicts: by model, in the order of their first lines; of those without a scored forecast, none.
        remarks: by model, what a reader should know beside its verdict, as sentences.
        problems: the lines that are not as they should be, with what is wrong. If lines were edited, removed or
            reordered, nothing is scored.
        rows: forecast rows of all models that were scored, each beside the random walk and the rungs.
    """

    path: Path
    head: str
    lines: int
    open: int
    absent: int
    verdicts: dict[str, Verdict]
    remarks: dict[str, list[str]]
    problems: list[Problem]
    rows: pd.DataFrame = field(compare=False)

    @property
    def sentences(self) -> list[str]:
        """What was found, the claims on each model, and each problem."""
        scored = sum(verdict.claim.targets for verdict in self.verdicts.values())
        counts = [f"{count_of(scored, 'forecast')} scored", f"{self.open:,} open"]
        counts += [f"{self.absent:,} without a bar"] if self.absent else []
        sentences = [f"{self.path}: {count_of(self.lines, 'line')}, {', '.join(counts)}; its last hash is {self.head}."]
        for name in dict.fromkeys([*self.verdicts, *self.remarks]):
            sentences += self.verdicts[name].sentences if name in self.verdicts else []
            sentences += self.remarks.get(name, [])
        return sentences + [str(problem) for problem in self.problems]

    @property
    def sentence(self) -> str:
        """All sentences in a row."""
        return " ".join(self.sentences)

    def table(self) -> pd.DataFrame:
        """The scores of each model beside the baselines', as :meth:`Verdict.table` has them."""
        tables = [verdict.table().assign(judged=name) for name, verdict in self.verdicts.items()]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def by_step(self) -> pd.DataFrame:
        """The scores of each model by step, over all series: ``model, step, targets, skill``.

        With a distribution also ``crps, density_skill``.
        """
        if self.rows.empty:
            return pd.DataFrame()
        lines = []
        for (name, step), part in self.rows.groupby(["judged", "step"]):
            rows = with_random_walk(part)
            of_model = rows["model"] == name
            skill = overall(scores_by_series(point_rows(rows, str(name))))[str(name)]["skill"]
            line: dict[str, Any] = {"model": name, "step": step, "targets": int(of_model.sum()), "skill": skill}
            having = rows[has_distribution(rows)]
            if (having["model"] == name).any():
                density = overall_density(density_scores_by_series(having))[str(name)]
                line |= {"crps": density["crps"], "density_skill": density["density_skill"]}
            lines.append(line)
        return pd.DataFrame(lines)

    def __repr__(self) -> str:
        table = self.table()
        return "\n".join([*([] if table.empty else [table.to_string(index=False)]), *self.sentences])

    def _repr_html_(self) -> str:
        table = self.table()
        paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)
        return f"{'' if table.empty else table.to_html(index=False)}{paragraphs}"
