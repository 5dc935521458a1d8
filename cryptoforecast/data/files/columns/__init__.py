"""Which column is the time and which the close, told by the headings and by the cells of the first rows."""
