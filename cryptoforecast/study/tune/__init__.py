"""Tuning: a search over options of ``fit``, each trial judged on the validation targets."""
