"""Price files as vendors write them.

In the order in which a file goes through these modules::

    bytes to text           opening, packing, encodings, refused, structured (JSON), columnar (Parquet, Feather)
    text to rows            lines, line_kinds, longer_header, evenness, strays, last_line, parsing
    which column is what    body (the first rows), vocabulary, names, time_columns, close_column, nameless, bars,
                            columns, formats, layout
    whose rows              symbols, owner, owners_in_turn
    what contradicts itself sense, ticks
    cells to times          cells, dates, date_parts, day_styles, written_dates, calendar_words, clocks,
                            clocks_and_zones, epochs, local_days, example_format (for errors)
    cells to numbers        numbers, jumps
    all of it               knobs (what the user says), reading, table (what comes out), summary (how), memory
"""
