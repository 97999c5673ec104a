"""Write the golden journal of the present RECORD_VERSION, for tests/golden/; never over one that stands.

Usage: .venv/bin/python setup/write_golden_journal.py [DIRECTORY]
"""

from __future__ import annotations

import sys
from pathlib import Path

from lionrock.sim.golden import GoldenStandsError, write_golden

if __name__ == "__main__":
    golden = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "tests" / "golden"
    try:
        print(f"written: {write_golden(golden)}")
    except GoldenStandsError as error:
        sys.exit(f"Error: {error}")
