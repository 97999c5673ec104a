"""Looks at a machine and a data directory, changes neither, and says how to mend what is not right.

`machine` is what a site runs on, `place` the directory and its settings, `connection` how clients reach it, `records`
what stands in it. Each check is a function that gives one finding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lionrock.node.recovery import Progress
from lionrock.site.doctor import connection, machine, place, records
from lionrock.site.doctor.finding import Finding, Level, remedy_of


def examine(
    directory: Path | None,
    *,
    port: int | None,
    full: bool,
    progress: Progress,
    proxy: tuple[Path, Path] | None = None,
) -> list[Finding]:
    """Every finding, those of the machine first. With `full` every frame and checkpoint is read; `proxy` is the
    certificate and the key of a reverse proxy.
    """
    findings = [_found(check) for check in machine.CHECKS]
    if proxy is not None:
        findings.append(_found(partial(connection.certificate, *proxy, "proxy-certificate")))
    if port is not None:
        findings.append(_found(partial(machine.port_is_free, port)))
    if directory is None:
        return findings
    try:
        is_there = directory.is_dir()
    except OSError as error:
        words = f"{directory}: {error.strerror}"
        return [*findings, Finding("directory", Level.ERROR, words, remedy_of(error.errno))]
    if not is_there:
        remedy = "name the directory given to `lionrock serve --data`, or start a site there first"
        return [*findings, Finding("directory", Level.ERROR, f"{directory} is not there", remedy)]
    checks = [partial(check, directory) for check in (*place.CHECKS, *connection.CHECKS, *records.CHECKS)]
    if full:
        checks.append(partial(records.whole_record, directory, progress))
    return [*findings, *(_found(check) for check in checks)]


def _found(check: Callable[[], Finding]) -> Finding:
    """A check that cannot be made is a finding, too."""
    try:
        return check()
    except OSError as error:
        name = getattr(error, "filename", None)
        words = f"{error.strerror or error}{f': {name}' if name else ''}"
        return Finding("unreadable", Level.ERROR, words, remedy_of(error.errno))
