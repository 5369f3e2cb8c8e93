"""`python -m seawall`: the command, where its script is not on PATH."""

import sys

from seawall.cli import main

if __name__ == "__main__":
    sys.exit(main())
