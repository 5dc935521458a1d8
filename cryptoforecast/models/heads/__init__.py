"""Heads: what turns a network's numbers into a point or a distribution."""
