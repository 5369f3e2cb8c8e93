"""`python -m generator FOLDER` writes the pages into that folder."""

from __future__ import annotations

import sys
from pathlib import Path

from generator.pages import write

write(Path(sys.argv[1]))
