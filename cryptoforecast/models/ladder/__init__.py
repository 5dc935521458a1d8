"""The ladder: baselines of how far the close may move, from simple to hard."""
