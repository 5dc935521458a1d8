"""Many runs on their common targets, and how many were tried."""
