"""Price files as vendors write them.

In the order in which a module may import from those before it::

    knobs                   what the user says of a file
    cells, of one cell      calendar_words, written_dates, kinds (number, date, epoch, time of day, nothing), jumps,
                            decimal_mark, numbers
    dates, of a column      clocks, parts, day_order, epochs, local_days, read_times, example_format (for errors)
    headings                vocabulary, coins, labels, vendors
    bytes to one text       packing, not_tables, encodings, json_forms, json_tables, open_file
    lines, the first ones   line_kinds, longer_header, head
    columns                 first_rows, bars, same_moments, time_column, close_candidates, close_column, chosen,
                            no_header, contradictions, trades, layout (all of it)
    the result              table, summary, parsed_cache
    rows, all of them       not_rows, last_line, row_shape, parsing, columnar (Parquet, Feather), ticker,
                            tickers_in_turn
    from file to table      reading, joined_columns (of a file without closes)
"""
