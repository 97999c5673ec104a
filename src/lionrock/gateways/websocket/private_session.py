"""The contract's private stream: connecting is subscribing to everything."""

from __future__ import annotations

from collections.abc import Sequence

from lionrock.gateways.websocket.account_news import AccountNews, Update
from lionrock.gateways.websocket.channels import Channel, Connection
from lionrock.gateways.websocket.frames import text_frame
from lionrock.gateways.websocket.hub import Hub
from lionrock.gateways.websocket.limits import PRIVATE_PING_SECONDS, PRIVATE_SILENCE_SECONDS
from lionrock.gateways.websocket.private_messages import contract_events
from lionrock.gateways.websocket.requests import read_object
from lionrock.people.listen_keys import ListenKey


class ContractAccountChannel(Channel):
    """The contract's events of one account."""

    keeps_every_message = True
    greets = False

    def __init__(self, news: AccountNews) -> None:
        super().__init__()
        self._news = news
        news.on_update[self] = self._tell

    def catch_up(self) -> Sequence[bytes]:
        return ()

    def close(self) -> None:
        self._news.on_update.pop(self, None)

    def _tell(self, update: Update) -> None:
        for event in contract_events(update, self._news.venue, self._news.account_id):
            self.publish(text_frame([event]))


class PrivateSession:
    """One connection."""

    def __init__(self, hub: Hub, connection: Connection, key: ListenKey, channel_id: str) -> None:
        self._hub, self._connection, self.opened_by, self._channel_id = hub, connection, key, channel_id
        self._ping_at = hub.loop.time() + PRIVATE_PING_SECONDS

    async def begin(self) -> None:
        account_id = self.opened_by.credential.account_id
        name = "contract", account_id
        news = self._hub.account(account_id)
        await news.begin()
        channel = self._hub.channel(name)
        if channel is None:
            channel = ContractAccountChannel(news)
            self._hub.keep(name, channel)
        if self._connection.wire.is_open:
            self._connection.listen("account", channel)

    async def take(self, data: str | bytes) -> None:
        """A ping is answered with the client's own number; anything else is life and no more."""
        message = read_object(data)
        if message is not None and "ping" in message:
            number = message["ping"]
            pong = number if isinstance(number, int) else self._hub.venue.now_ms()
            self._connection.send(text_frame({"pong": pong, "channelId": self._channel_id}))

    def look(self, now: float) -> None:
        """Ping every 30 seconds; an hour without a sign of life, or the end of the key, ends it."""
        if self._hub.venue.listen_keys.find(self.opened_by.text) is not self.opened_by:
            self._hub.end_streams(self.opened_by)
        elif now - self._connection.wire.heard_at >= PRIVATE_SILENCE_SECONDS:
            self._connection.wire.cut()
        elif now >= self._ping_at:
            self._ping_at = now + PRIVATE_PING_SECONDS
            if not self._connection.wire.is_full:
                self._connection.wire.write(
                    text_frame({"ping": self._hub.venue.now_ms(), "channelId": self._channel_id})
                )

    async def end(self) -> None:
        """Nothing depended on it."""
