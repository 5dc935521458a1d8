"""Judging forecasts: rows, scores, tests, claims, the ledger of what was tried, and figures."""
