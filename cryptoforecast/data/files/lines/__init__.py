"""The first lines of a text in cells: the delimiter, the header, and the first rows."""
