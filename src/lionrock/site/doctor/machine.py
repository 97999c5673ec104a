"""What a site runs on: Python, the compiled core, the system's limits, its clock."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import struct
import sys
import time
from datetime import UTC, datetime

from lionrock.site.doctor.finding import Finding, error, ok, warning
from lionrock.views.typesetting import missing_fonts
from lionrock.web import pages

_NEEDED_PYTHON = (3, 11)
_NEEDED_FILES = 1024
"""900 connections (`gateways.rest.connections`), and the journal and the database beside them."""
_FIRST_POSSIBLE_NS = 1_735_689_600_000_000_000
"""2025-01-01 UTC: this program did not exist before."""
_TIMEX_BYTES = 256
"""At least sizeof(struct timex); its status follows the mode and four longs."""
_STATUS = struct.Struct("@i")
_STATUS_OFFSET = 5 * struct.calcsize("@l")
_UNSYNCHRONISED = 0x40
"""STA_UNSYNC of <sys/timex.h>."""


def python_version() -> Finding:
    found = sys.version_info[:3]
    words = f"Python {'.'.join(map(str, found))}"
    if found[:2] < _NEEDED_PYTHON:
        return error("python", words, f"install Python {'.'.join(map(str, _NEEDED_PYTHON))} or newer")
    return ok("python", words)


def compiled_core() -> Finding:
    """Both builds load, and agree on the state of an empty venue."""
    try:
        from lionrock.core import engine, engine_checked  # noqa: PLC0415 what is missing is a finding
    except ImportError as missing:
        return error("core", f"the compiled core does not load: {missing}", "install Lionrock again (`make build`)")
    if engine.IS_CHECKED_BUILD or not engine_checked.IS_CHECKED_BUILD:
        return error("core", "the fast and the checked build are mixed up", "install Lionrock again (`make build`)")
    if engine.Engine().digest() != engine_checked.Engine().digest():
        return error("core", "the fast and the checked build disagree", "install Lionrock again (`make build`)")
    return ok("core", "the fast build is served, the checked build is there")


def web_pages() -> Finding:
    """A site without them still serves every program."""
    if not pages.is_built():
        return warning("pages", "the web application is not built in", "install Lionrock again (`make build`)")
    return ok("pages", "the web application is there")


def fonts() -> Finding:
    """Papers are made without them, with a number for each character that nothing draws."""
    if missing := missing_fonts():
        words = f"PDFs lack fonts, and Chinese or Arabic names are printed as numbers: {', '.join(missing)}"
        return warning("fonts", words, f"install them beside Lionrock (`pip install {' '.join(missing)}`)")
    return ok("fonts", "PDFs have fonts for Chinese and Arabic names")


def open_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    words = f"a process may open {soft} files"
    if soft == resource.RLIM_INFINITY or soft >= _NEEDED_FILES:
        return ok("open-files", words)
    remedy = f"raise the limit to {_NEEDED_FILES} (ulimit -n, LimitNOFILE= of systemd); at most {hard} are allowed now"
    return error("open-files", f"{words}; a site needs {_NEEDED_FILES}", remedy)


def clock_is_sane() -> Finding:
    now_ns = time.time_ns()
    words = f"it is {datetime.fromtimestamp(now_ns // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if now_ns < _FIRST_POSSIBLE_NS:
        return error("clock", words, "set the clock: what the journal records with it can never be set back")
    return ok("clock", words)


def clock_is_synchronised() -> Finding:
    remedy = "run a time service (chrony, systemd-timesyncd, ntpd): clients' time stamps and trades depend on it"
    status = kernel_clock_status()
    if status is None:
        return warning("clock-synchronised", "the system does not tell whether its clock is synchronised", remedy)
    if status & _UNSYNCHRONISED:
        return warning("clock-synchronised", "the system says that its clock is not synchronised", remedy)
    return ok("clock-synchronised", "the system says that its clock is synchronised")


def kernel_clock_status() -> int | None:
    """The status of adjtimex(2), asked without setting anything; None where there is no answer."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except (OSError, AttributeError):
        return None
    return None if answer < 0 else int(_STATUS.unpack_from(buffer, _STATUS_OFFSET)[0])


def port_is_free(port: int) -> Finding:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as refused:
            words = f"port {port} cannot be served at: {os.strerror(refused.errno or 0)}"
            return error("port", words, f"end what listens there (ss -ltnp 'sport = :{port}'), or take another --port")
    return ok("port", f"port {port} is free")


CHECKS = (python_version, compiled_core, web_pages, fonts, open_files, clock_is_sane, clock_is_synchronised)
