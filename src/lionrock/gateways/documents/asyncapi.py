"""The AsyncAPI 3 document of the WebSocket interface, made from a table of streams and their topics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any, Protocol

from lionrock.gateways.documents import schemas
from lionrock.gateways.documents.schemas import Schema


class TopicParameterRow(Protocol):
    """What a subscription names beside topic and symbol."""

    @property
    def name(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def choices(self) -> tuple[str, ...]: ...
    @property
    def is_required(self) -> bool: ...


class TopicRow(Protocol):
    """One kind of message that a stream sends."""

    @property
    def name(self) -> str:
        """As a client subscribes to it; of a private stream, the event's name."""

    @property
    def words(self) -> str: ...
    @property
    def message(self) -> type:
        """Of one row of `data` on the contract's public streams, otherwise of the message."""

    @property
    def parameters(self) -> Sequence[TopicParameterRow]: ...


class StreamRow(Protocol):
    """One address to connect to."""

    @property
    def path(self) -> str:
        """A part in braces is filled in."""

    @property
    def words(self) -> str: ...
    @property
    def request(self) -> type | None:
        """What a client sends; None where it sends pings alone."""

    @property
    def topics(self) -> Sequence[TopicRow]: ...


_PLACES = {"listenKey": "Of `POST /api/v1/userDataStream`; who has it reads the account's stream."}
_CONTRACT_PUBLIC, _CONTRACT_PRIVATE = "/quote/ws/", "/api/v1/ws/"


def document(streams: Iterable[StreamRow]) -> Schema:
    """The whole document, JSON as Python has it."""
    rows = list(streams)
    answers = [topic.message for row in rows for topic in row.topics]
    requests = [row.request for row in rows if row.request is not None]
    of_type, components = schemas.of_types(answers, requests)
    channels, operations = {}, {}
    for row in rows:
        name = channel_name(row.path)
        channels[name] = _channel(row, of_type)
        reference = {"$ref": f"#/channels/{name}"}
        operations[f"{name}_sends"] = {
            "action": "send",
            "channel": reference,
            "summary": row.words,
            "messages": [{"$ref": f"#/channels/{name}/messages/{topic.name}"} for topic in row.topics],
        }
        if row.request is not None:
            operations[f"{name}_takes"] = {
                "action": "receive",
                "channel": reference,
                "summary": "What a client sends",
                "messages": [{"$ref": f"#/channels/{name}/messages/request"}],
            }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lionrock",
            "version": version("lionrock"),
            "description": "Streams over WebSocket. Numbers are decimal text, times are milliseconds, ids are text.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": components},
    }


def channel_name(path: str) -> str:
    """A path as one word."""
    return "_".join(re.findall(r"\w+", path))


def _channel(row: StreamRow, of_type: dict[int, Schema]) -> dict[str, Any]:
    messages = {topic.name: _message(row, topic, of_type[id(topic.message)]) for topic in row.topics}
    if row.request is not None:
        messages["request"] = {"summary": "What a client sends", "payload": of_type[id(row.request)]}
    places = re.findall(r"\{(\w+)\}", row.path)
    channel: dict[str, Any] = {"address": row.path, "description": f"{row.words}.", "messages": messages}
    if places:
        channel["parameters"] = {place: {"description": _PLACES.get(place, place)} for place in places}
    return channel


def _message(row: StreamRow, topic: TopicRow, schema: Schema) -> Schema:
    words = [f"{topic.words}."]
    for parameter in topic.parameters:
        choices = f" ({', '.join(parameter.choices)})" if parameter.choices else ""
        needed = "required" if parameter.is_required else "optional"
        words.append(f"`{parameter.name}`, {needed}: {parameter.words}{choices}.")
    return {
        "name": topic.name,
        "summary": topic.words,
        "description": " ".join(words),
        "payload": _payload(row, schema),
    }


def _payload(row: StreamRow, schema: Schema) -> Schema:
    """The contract puts rows of its public topics in an envelope, and private events in a list of one."""
    if row.path.startswith(_CONTRACT_PRIVATE):
        return {"type": "array", "items": schema, "minItems": 1, "maxItems": 1}
    if not row.path.startswith(_CONTRACT_PUBLIC):
        return schema
    return {
        "type": "object",
        "properties": {
            "topic": {"type": "string"},
            "symbol": {"type": "string"},
            "params": {"type": "object"},
            "data": {"anyOf": [{"type": "array", "items": schema}, schema]},
        },
        "required": ["topic", "data"],
    }
