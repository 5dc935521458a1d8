"""All rows of a file: counted, read, and kept to one series."""
