"""The examination: sound models pass, and each broken one fails in the line that is about its fault."""

from cryptoforecast import LSTM, require_check


def test_a_sound_model_passes_what_takes_no_long_training() -> None:
    result = require_check(LSTM, hidden_size=4, quick=True)
    assert {line.outcome for line in result} == {"holds"}
