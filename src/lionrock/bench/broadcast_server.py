"""The least a server of this kind can do for many subscribers: what comes by POST goes out to all in turn."""

from __future__ import annotations

import resource
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

subscribers: set[WebSocket] = set()


async def broadcast(request: Request) -> Response:
    """Send the body, as it is, to everybody."""
    text = (await request.body()).decode()
    for subscriber in subscribers:
        await subscriber.send_text(text)
    return Response(b"{}", media_type="application/json")


async def subscribe(websocket: WebSocket) -> None:
    """Listen until the other side leaves."""
    await websocket.accept()
    subscribers.add(websocket)
    try:
        await websocket.receive()
    finally:
        subscribers.discard(websocket)


def main() -> None:
    """Serve on a free port of this machine and print the port. The argument names uvicorn's WebSocket protocol."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)  # noqa: T201 the starting process reads it
    routes = [Route("/broadcast", broadcast, methods=["POST"]), WebSocketRoute("/subscribe", subscribe)]
    config = uvicorn.Config(
        Starlette(routes=routes),
        loop="uvloop",
        http="httptools",
        ws=sys.argv[1],
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
