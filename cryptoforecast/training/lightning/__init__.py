"""Every private name of Lightning, guarded by the versions that were tested, and nothing else."""
