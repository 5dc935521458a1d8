"""Engines, which carry out fits: processes of this machine, or tasks of a Ray cluster."""
