"""Checkpoint files: read without running code, and forecasters made from them."""
