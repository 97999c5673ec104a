"""The least a server of this kind can do: read a POST's body and answer. What order entry is measured against."""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def read_and_answer(request: Request) -> Response:
    """Two bytes of JSON, whatever came."""
    await request.body()
    return Response(b"{}", media_type="application/json")


def main() -> None:
    """Serve on a free port of this machine and print the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 the starting process reads it
    application = Starlette(routes=[Route("/order", read_and_answer, methods=["POST"])])
    config = uvicorn.Config(application, loop="uvloop", http="httptools", log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
