# PYTHON_ARGCOMPLETE_OK (by this mark shells know that Tab may ask)
"""``python -m cryptoforecast``."""

import sys

from cryptoforecast.user_code.shadowed_modules import sentence_on_shadowing

if __name__ == "__main__":
    try:
        from cryptoforecast.cli.main import main

        sys.exit(main())
    except Exception as problem:
        if (sentence := sentence_on_shadowing(problem)) is None:
            raise
        sys.exit(f"error: {sentence}")
