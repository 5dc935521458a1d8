"""Texts on command lines and in configurations stay as they are, or are refused with a word on quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonargparse import ArgumentParser

from cryptoforecast.data.sources import CsvSource, Source
from cryptoforecast.training.settings.complaints import complaint

ODD = ["005930", "00570", "NA", "null", "1e5", "-1E5", "1_0e3", "1.0", "0x10", "inf", ".inf", "2024-01-01", "NO",
       "True", "~", " spaced ", "", "1:30", "比特币", 'a "b": c', "[A]", "{a: b}", "#x"]  # fmt: skip


def parser() -> ArgumentParser:
    made = ArgumentParser(exit_on_error=False)
    made.add_argument("--source", type=Source)
    made.add_argument("--config", action="config")
    return made


@given(st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_symbol_is_written_into_a_configuration_and_read_back_as_it_was(symbol: str) -> None:
    source = {"class_path": "CsvSource", "init_args": {"path": "x.csv", "symbol": symbol}}
    options = parser().parse_object({"source": source})
    known = options.source.init_args.symbol
    assert known == symbol or known is None  # ~ and null are words for none, as in all options
    assert parser().parse_string(parser().dump(options)).source.init_args.symbol == known


@pytest.mark.parametrize("symbol", ["005930", "00570", "NA", "1e5", "1.0", "0x10", "inf", "2024-01-01", "NO", "True"])
def test_a_symbol_on_the_command_line_is_what_was_typed(symbol: str) -> None:
    for words in (["--source.symbol", symbol], [f"--source.symbol={symbol}"]):
        made = parser().instantiate(parser().parse_args(["--source=CsvSource", "--source.path=x.csv", *words]))
        assert isinstance(made.source, CsvSource)
        assert made.source.symbol == symbol


@pytest.mark.parametrize(("written", "read"), [("NO", "False"), ("1e5", "100000.0"), ("00570", "376")])
@pytest.mark.parametrize("kind", ["CsvSource", "YahooSource"])
def test_a_symbol_that_yaml_takes_for_something_else_is_refused_with_a_word_on_quotes(
    kind: str, written: str, read: str
) -> None:
    text = f"source:\n  class_path: {kind}\n  init_args:\n    symbol: {written}\n"
    text += "    path: x.csv\n" if kind == "CsvSource" else ""
    with pytest.raises(Exception, match="Parser key") as raised:
        parser().parse_string(text)
    sentence = complaint(str(raised.value), [])
    assert sentence == f"source.symbol is {read}, where a text is wanted; write it in quotes, as '005930'."
