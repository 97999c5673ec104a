"""`lionrock serve` that notes 250 times a second of its processor time what it is doing.

When it is stopped it writes how often each part was met, as JSON, to the file named by LIONROCK_SAMPLES.
"""

from __future__ import annotations

import atexit
import dis
import json
import os
import runpy
import signal
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

INTERVAL_SECONDS = 0.004
"""What Linux gives: it counts processor time in ticks of so long."""
SOCKETS = "event loop and sockets"
OTHER = "the rest"

PARTS = (
    ("decode events", ("words/records.py:unpack", "node/published.py")),
    ("pack commands", ("words/records.py:pack", "words/records.py:_text_bytes")),
    ("views", ("lionrock/views/",)),
    ("journal", ("lionrock/journal/",)),
    ("authenticate", ("rest/authentication.py", "hmac.py")),
    ("read the order", ("rest/parameters.py", "rest/order_requests.py", "server.py:_call", "server.py:_endpoint")),
    ("node and core", ("lionrock/node/", "concurrent/futures/", "asyncio/futures.py")),
    ("make the answer", ("rest/rows.py", "rest/orders.py", "server.py:_response")),
    ("HTTP", ("rest/direct.py", "rest/connections.py", "uvicorn/", "rest/server.py")),
)
"""Name of each part and where its frames are, as `path:function`; the innermost frame that is somewhere decides."""

_RESUME = dis.opmap["RESUME"]
_counts: Counter[str] = Counter()
_known: dict[CodeType, str | None] = {}


def _part_of(code: CodeType) -> str | None:
    place = f"{code.co_filename}:{code.co_name}"
    return next((name for name, places in PARTS if any(text in place for text in places)), None)


def part_of(frame: FrameType | None) -> str:
    """What the thread was doing in this frame."""
    if frame is None:
        return OTHER
    caller = frame.f_back
    is_callback = caller is not None and caller.f_code.co_filename.endswith("asyncio/runners.py")
    if is_callback and frame.f_code.co_code[frame.f_lasti] == _RESUME:
        return SOCKETS  # Python tells a signal at its next instruction: at a callback's first one it came outside
    while frame is not None:
        code = frame.f_code
        if code not in _known:
            _known[code] = _part_of(code)
        part = _known[code]
        if part is not None:
            return part
        if code.co_filename.endswith("asyncio/runners.py"):
            return SOCKETS
        frame = frame.f_back
    return OTHER


def _note(_number: int, frame: FrameType | None) -> None:
    _counts[part_of(frame)] += 1


def main() -> None:
    """As the command line says."""
    target = Path(os.environ["LIONROCK_SAMPLES"])
    atexit.register(lambda: target.write_text(json.dumps(_counts), encoding="utf-8"))
    signal.signal(signal.SIGPROF, _note)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
    runpy.run_module("lionrock.cli", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
