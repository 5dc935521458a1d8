"""The parts of the benchmark, a file each."""
