"""What surrounds a fit, for the command line and for Python alike."""
