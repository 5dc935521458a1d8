"""Cleaning: from rows of a source to a close series (order, duplicates, unfinished bars, gaps, calendars)."""
