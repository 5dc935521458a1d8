"""Walk forward: folds, fits in processes of their own, scores over folds and seeds."""
