"""``python -m cryptoforecast``."""

import sys

from cryptoforecast.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
