"""Build step: write the C view of the records, and name the files it was read from.

Usage: declare_records.py DECLARE_SCRIPT OUTPUT DEPFILE

The output is replaced only when its text changes, so a reworded docstring in the vocabulary compiles nothing.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path


def main(script: Path, output: Path, depfile: Path) -> None:
    """Run the script as `script DRAFT`, then write a Makefile fragment `output: every file of the vocabulary`."""
    sys.dont_write_bytecode = True  # a cache folder beside the sources would look like a change to make
    draft = output.with_suffix(".draft")
    sys.argv = [str(script), str(draft)]
    runpy.run_path(str(script), run_name="__main__")
    if not output.exists() or output.read_bytes() != draft.read_bytes():
        draft.replace(output)
    sources = [script, *sorted((script.parents[1] / "words").rglob("*.py"))]
    escaped = [str(source).replace(" ", "\\ ") for source in sources]
    depfile.write_text(f"{output}: {' '.join(escaped)}\n")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
