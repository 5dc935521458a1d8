"""What everything costs, measured here and now: training, starting, judging, reading, and long series.

    python scripts/benchmark.py                        # all of it; half an hour
    python scripts/benchmark.py --quick                # fewer turns, smaller files; under five minutes
    python scripts/benchmark.py --only training start
    python scripts/benchmark.py --peers FOLDER         # beside other frameworks, from environments in that folder

Each measurement is a process of its own, programs take turns, and tables show medians. Let nothing else run.
"""

import argparse
import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks import judging, reader, scale, start, training

PACKAGES = ("torch", "lightning", "numpy", "pandas")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {
        "training": lambda: training.report(options.quick, options.peers),
        "gpu": lambda: training.report_on_gpu(options.quick),
        "start": lambda: start.report(options.quick),
        "judging": lambda: judging.report(options.quick),
        "reader": lambda: reader.report(options.quick),
        "scale": lambda: scale.report(options.quick),
    }
    parser.add_argument("--quick", action="store_true", help="fewer turns, smaller files")
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts), metavar="PART", help=", ".join(parts))
    parser.add_argument("--peers", type=Path, help="a folder of environments: neuralforecast, darts, keras")
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}, {versions}")
    for part in options.only:
        print(f"\n{parts[part]()}", flush=True)


if __name__ == "__main__":
    main()
