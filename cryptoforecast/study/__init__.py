"""Many fits on the same targets: what a fit is, the queue of fits, and the engines that carry them out."""
