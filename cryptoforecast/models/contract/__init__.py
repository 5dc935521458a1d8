"""What a forecaster inherits: checks of its answers, losses and curves, optimizers, lazy layers."""
