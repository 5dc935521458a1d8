"""Export: a trained model as one file that forecasts without this package, with a model card beside it."""
