"""Judging forecast distributions: quantile columns, scores, calibration, the claim, and adaptive quantiles."""
