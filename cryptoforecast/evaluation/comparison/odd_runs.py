"""The runs that keep several others from being compared, named in the error."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.rows import describe_target
from cryptoforecast.formatting import join_names

TARGET = ["series", "origin", "step", "timestamp"]
ROUNDING = 1e-6  # relative; another tool may keep prices in single precision


def require_equal(rows: pd.DataFrame, price: str, key: list[str], paths: Sequence[Path]) -> None:
    """See that all runs say the same price of one time; where most do, the others are named.

    Args:
        rows: of all runs, with the number of each row's run in ``run``.
        price: the column.
        key: the columns of series and time.
        paths: the runs' files.

    Raises:
        UserError: naming two runs that differ, or those that differ from most.
    """
    priced = rows.dropna(subset=price).drop_duplicates([*key, "run", price])
    usual = priced.groupby(key)[price].transform("median")
    apart = (priced[price] - usual).abs() > ROUNDING * usual.abs()
    if not apart.any():
        return
    odd = priced.loc[apart, "run"].unique()
    row = priced[apart].iloc[0]
    if len(odd) < len(paths) - len(odd):
        raise UserError(
            f"{describe_target(row)}: the {price} close is {row[price]:.10g} in {paths[row['run']]}, and "
            f"{usual[apart].iloc[0]:.10g} in most others; runs are compared on the same closes. Leave out "
            f"{join_names(paths[at] for at in odd)}."
        )
    at_target = priced[(priced[key] == row[key]).all(axis=1)]
    first, second = at_target.iloc[0], at_target[(at_target[price] - at_target[price].iloc[0]).abs() > 0].iloc[0]
    raise UserError(
        f"{describe_target(second)}: the {price} close is {first[price]:.10g} in {paths[first['run']]}, and "
        f"{second[price]:.10g} in {paths[second['run']]}; runs are compared on the same closes."
    )


def _targets_of_all_models(models: pd.DataFrame) -> pd.MultiIndex:
    """The targets of a run that each of its models has a forecast of."""
    counts = models.groupby(TARGET)["model"].nunique()
    return pd.MultiIndex.from_tuples(counts.index[counts == models["model"].nunique()], names=TARGET)


def nothing_in_common(tables: Sequence[pd.DataFrame], paths: Sequence[Path]) -> UserError:
    """Which runs to leave out for the others to have targets in common, and what is odd about these."""
    of_run = [_targets_of_all_models(table[table["model"] != RANDOM_WALK]) for table in tables]
    if empty := [path for path, targets in zip(paths, of_run, strict=True) if not len(targets)]:
        return UserError(f"no target is common to all models of {join_names(empty)}; compare them one by one.")
    counts = pd.concat([pd.Series(1, index=targets) for targets in of_run]).groupby(level=TARGET).sum()
    most = counts.max() if len(counts) else 0
    shared = counts.index[counts == most]
    odd = [at for at, targets in enumerate(of_run) if not len(targets.intersection(shared))]
    if most < 2 or not odd:
        ranges = [f"{path} has {_extent(targets)}" for path, targets in zip(paths, of_run, strict=True)]
        return UserError(f"no target is common to all models: {join_names(ranges, most=2)}.")
    theirs = _extent(shared)
    ranges = [f"{paths[at]}, which has {_extent(of_run[at])}" for at in odd]
    return UserError(
        f"no target is common to all {len(paths)} runs; {len(paths) - len(odd)} of them share {theirs}. "
        f"Leave out {join_names(ranges, most=2)}."
    )


def _extent(targets: pd.MultiIndex) -> str:
    series, steps, times = (targets.get_level_values(name) for name in ("series", "step", "timestamp"))
    reach = f"step {steps.min()}" if steps.min() == steps.max() else f"step {steps.min()} to {steps.max()}"
    return f"{join_names(series.unique(), most=3)} {reach} from {say_time(times.min())} to {say_time(times.max())}"
