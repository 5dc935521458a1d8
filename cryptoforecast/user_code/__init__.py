"""The user's code: its source files, the files it opens, and whether an exception comes from it."""
