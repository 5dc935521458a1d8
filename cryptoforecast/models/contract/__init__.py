"""The parts of Forecaster that its subclasses inherit; the author of a model need not read them."""
