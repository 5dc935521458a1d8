"""What one cell holds: a number, a date, an epoch, a time of day, or nothing."""
