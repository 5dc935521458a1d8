"""Pictures, with the random walk in every one."""
