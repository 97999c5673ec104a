"""What a monitor asks: is the process alive, is the site serving, what are its figures. Not part of the contract."""

from __future__ import annotations

import msgspec
from prometheus_client import generate_latest

from lionrock.gateways.rest.contract import Call, Readiness, Reason, Reply, Venue

_METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_UNAVAILABLE = 503


class Ready(msgspec.Struct):
    """Whether to send requests here."""

    ready: bool
    reasons: list[Reason]
    """Why not."""
    remarks: list[Reason]
    """What is not as it should be and keeps nobody from trading."""
    figures: dict[str, int]


class Health(msgspec.Struct):
    """Whether to leave the process alone."""

    alive: bool
    words: str


async def health(venue: Venue, call: Call) -> object:  # noqa: ARG001 every handler is given both
    """503 once the node has stopped for good: only a new process helps."""
    reason = venue.node.stopped
    if reason is None:
        return Health(alive=True, words="the node takes commands")
    return Reply.json(_UNAVAILABLE, Health(alive=False, words=f"the node has stopped: {reason}"))


def readiness_of(venue: Venue) -> Readiness:
    """Whether requests should come to this site at the moment, and when not, why."""
    if venue.probes is not None:
        return venue.probes.readiness()
    stopped = venue.node.stopped
    return Readiness([] if stopped is None else [Reason("node_stopped", f"the node takes no commands: {stopped}")], {})


async def ready(venue: Venue, call: Call) -> object:  # noqa: ARG001 every handler is given both
    """503 with the reasons while requests had better go elsewhere, or wait."""
    found = readiness_of(venue)
    remarks = [remark() for remark in venue.probes.remarks] if venue.probes else []
    body = Ready(not found.reasons, found.reasons, [remark for remark in remarks if remark], found.figures)
    return Reply.json(_UNAVAILABLE, body) if found.reasons else body


async def metrics(venue: Venue, call: Call) -> object:
    """Prometheus text, for clients in the networks of the setting `metrics.networks`."""
    if venue.probes is None or not venue.probes.shows_to(call.client_host):
        return Reply(403, b"text/plain", b"metrics are shown to the networks of the setting metrics.networks\n")
    return Reply(200, _METRICS_TYPE, generate_latest(venue.probes.registry))
