"""Imports what programs of the tests need, then forks one for every request; `tests.programs` asks."""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import socket
import sys
from contextlib import suppress

from tests.programs import NUMBER

IMPORTED = (
    "lionrock.cli_operate",
    "lionrock.custody.addresses",
    "lionrock.sim.makers_process",
    "lionrock.site.doctor",
    "lionrock.site.poison",
    "lionrock.site.restore",
    "lionrock.site.serve",
    "pydantic.type_adapter",  # of typer, when it reads arguments
    "sqlalchemy.dialects.sqlite",
    "sqlite3",
    "uvicorn.lifespan.off",
)
"""Not `lionrock.cli` itself, which a program runs."""
MOST_BYTES = 1 << 20


def main() -> None:
    requests = socket.socket(fileno=int(sys.argv[1]))
    for module in IMPORTED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, MOST_BYTES, 3)
        if not message:
            return
        if os.fork() == 0:
            break
        for descriptor in descriptors:
            os.close(descriptor)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    requests.close()
    out, errors, told = descriptors
    if process_id := os.fork():
        os.close(out)
        os.close(errors)
        os.write(told, NUMBER.pack(process_id))
        status = os.waitpid(process_id, 0)[1]
        os.write(told, NUMBER.pack(status))
        os._exit(0)
    os.close(told)
    os.dup2(out, 1)
    os.dup2(errors, 2)
    os.close(out)
    os.close(errors)
    become(**json.loads(message))


def become(command: list[str], directory: str, environment: dict[str, str]) -> None:
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    module, *arguments = command
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
