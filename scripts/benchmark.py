"""Measure time and memory on this machine: training, starting, distributions, judging, models, reading, small fits.

    python scripts/benchmark.py                        # all parts; about 40 minutes
    python scripts/benchmark.py --quick                # fewer rounds, smaller files; about six minutes
    python scripts/benchmark.py --only training start
    python scripts/benchmark.py --peers FOLDER         # beside other frameworks, from environments in that folder

Each measurement runs in a process of its own, programs are interleaved, and tables show medians. Close other programs
first: also the part ``busy`` starts its own busy processes.
"""

import argparse
import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks import busy, distribution, judging, models, reader, scale, start, study, training

PACKAGES = ("torch", "lightning", "numpy", "pandas")


def main() -> None:
    """Measure the parts asked for, and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {
        "training": lambda: training.report(options.quick, options.peers),
        "gpu": lambda: training.report_on_gpu(options.quick),
        "busy": lambda: busy.report(options.quick, options.peers),
        "start": lambda: start.report(options.quick),
        "distribution": lambda: distribution.report(options.quick),
        "judging": lambda: judging.report(options.quick),
        "models": lambda: models.report(options.quick),
        "reader": lambda: reader.report(options.quick),
        "scale": lambda: scale.report(options.quick),
        "study": lambda: study.report(options.quick),
    }
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller files")
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts), metavar="PART", help=", ".join(parts))
    parser.add_argument("--peers", type=Path, help="a folder of environments named neuralforecast, darts, keras")
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}, {versions}")
    for part in options.only:
        print(f"\n{parts[part]()}", flush=True)


if __name__ == "__main__":
    main()
