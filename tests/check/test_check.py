"""The examination: sound models pass, and each broken one fails in the line that is about its fault."""

from cryptoforecast import LSTM, check


def test_a_sound_model_passes_what_takes_no_long_training() -> None:
    result = check(LSTM, hidden_size=4, quick=True)
    assert result.ok, result
    assert {line.outcome for line in result} == {"holds"}
