"""What Forecaster inherits to its subclasses; the author of a model need not read it."""
