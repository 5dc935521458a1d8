"""Raw bars to a close series: order, duplicates, unfinished bars, gaps, calendars."""
