"""The forecasts of several folds and seeds: joined, averaged, scored and judged."""
