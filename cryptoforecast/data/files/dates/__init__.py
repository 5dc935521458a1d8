"""Columns of dates, times of day and epochs as UTC times."""
