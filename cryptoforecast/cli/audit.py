"""``audit``: is the future out of reach of this model, these sources and this scaling?"""

from collections.abc import Sequence

from cryptoforecast.audit.command import audit_words
from cryptoforecast.audit.lookahead import STAGES, LookAhead, StageResult
from cryptoforecast.audit.result import line_of, lines_of


def run(words: Sequence[str]) -> None:
    """Print each stage that is equal, then what that means; or the first stage that is not.

    Args:
        words: ``audit`` and its options.

    Raises:
        LookAhead: naming the first stage that the future reaches.
        UserError: if the command cannot be understood, or what it names is not as it should be.
    """
    left = list(STAGES)

    def print_stage(stage: StageResult) -> None:
        left.remove(stage.stage)
        print("\n".join(lines_of(stage)), flush=True)

    try:
        result = audit_words(words, print_stage)
    except LookAhead as found:
        for stage in left[: left.index(found.stage) + 1]:
            print(line_of(stage, "differs" if stage == found.stage else "not reached", ""), flush=True)
        raise
    print(f"\n{result.sentence}")
