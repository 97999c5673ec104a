"""The venue's own private stream: a snapshot, then every update; cancel-on-disconnect."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from lionrock.gateways.rest.contract import Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.websocket.account_news import AccountNews, AccountState, Balances, Update
from lionrock.gateways.websocket.bindings import ALL_GROUPS, Bindings
from lionrock.gateways.websocket.channels import Channel, Connection
from lionrock.gateways.websocket.feed_events import feed_event, feed_order
from lionrock.gateways.websocket.feed_messages import AccountSnapshot, AccountUpdate, FeedBalance
from lionrock.gateways.websocket.feed_session import OwnSession
from lionrock.gateways.websocket.frames import text_frame
from lionrock.gateways.websocket.hub import Hub
from lionrock.gateways.websocket.limits import KEPT_MESSAGES
from lionrock.gateways.websocket.requests import FeedRequest
from lionrock.people.api_keys import Right
from lionrock.people.listen_keys import ListenKey
from lionrock.words.amounts import format_decimal

_MAX_GROUP = 2**32 - 1
_MAX_BINDINGS = 16
"""Of one connection."""


class AccountChannel(Channel):
    """Updates of one account."""

    keeps_every_message = True
    greets = False
    is_kept_up = True

    def __init__(self, news: AccountNews) -> None:
        super().__init__()
        self._news = news
        self._held: deque[tuple[int, bytes]] = deque(maxlen=KEPT_MESSAGES)
        """Sequence of the message before, and the frame."""
        news.on_update[self] = self._tell

    def catch_up(self) -> Sequence[bytes]:
        return ()

    def close(self) -> None:
        self._news.on_update.pop(self, None)

    def since(self, sequence: int) -> list[bytes] | None:
        """What came after the message of this sequence; None when that is not held."""
        if sequence == self._news.sequence:
            return []
        frames = [frame for before, frame in self._held if before >= sequence]
        return frames if any(before == sequence for before, _ in self._held) else None

    def _tell(self, update: Update) -> None:
        venue = self._news.venue
        frame = text_frame(
            AccountUpdate(
                account_id=str(self._news.account_id),
                previous_sequence=update.previous,
                sequence=update.sequence,
                events=[feed_event(report, venue) for report in update.reports],
                balances=_balances(venue, update.balances),
            )
        )
        self._held.append((update.previous, frame))
        self.publish(frame)


class PrivateFeedSession(OwnSession):
    """One connection. The first message of the client is `resume`, or `subscribe` for a snapshot."""

    def __init__(self, hub: Hub, connection: Connection, key: ListenKey, bindings: Bindings) -> None:
        super().__init__(hub, connection)
        self._key, self._bindings = key, bindings
        self._account_id = key.credential.account_id
        self._tied: dict[int, bytes] = {}
        """Binding by group."""

    @property
    def opened_by(self) -> ListenKey:
        return self._key

    async def carry_out(self, request: FeedRequest) -> None:
        if request.op == "subscribe":
            await self._subscribe(request)
        elif request.op == "cancelOnDisconnect":
            await self._tie(request)
        else:
            raise Refused(-1130, "op")

    def look(self, now: float) -> None:
        if self.hub.venue.listen_keys.find(self._key.text) is not self._key:
            self.hub.end_streams(self._key)
        else:
            super().look(now)

    async def end(self) -> None:
        """Cancel what is tied to it."""
        for group_id, binding in self._tied.items():
            self._bindings.cut(binding, self._account_id, group_id)
        self._tied.clear()

    async def _subscribe(self, request: FeedRequest) -> None:
        name = "own", self._account_id
        news = self.hub.account(self._account_id)
        state = await news.begin()
        channel = self.hub.channel(name)
        if not isinstance(channel, AccountChannel):
            channel = AccountChannel(news)
            self.hub.keep(name, channel)
        held = None if request.from_sequence is None else channel.since(request.from_sequence)
        about = {"type": "subscribed", "sequence": state.sequence, "resumed": held is not None}
        self.answer(request, about | {"accountId": str(self._account_id)})
        first = [text_frame(_snapshot(self.hub.venue, self._account_id, state))] if held is None else held
        if self.connection.wire.is_open:
            self.connection.listen("account", channel, instead=first)

    async def _tie(self, request: FeedRequest) -> None:
        if Right.TRADE not in self._key.credential.rights:
            raise Refused(-1005)
        group_id = request.group_id
        if group_id is None or not 0 <= group_id <= _MAX_GROUP:
            raise Refused("0001", "groupId")
        if group_id not in self._tied:
            if len(self._tied) >= _MAX_BINDINGS:
                raise Refused("0003")
            self._tied[group_id] = await self._bindings.tie(self._account_id, group_id)
        about = {"type": "cancelOnDisconnect", "groupId": group_id, "allOrders": group_id == ALL_GROUPS}
        self.answer(request, about)


def _balances(venue: Venue, balances: Balances) -> list[FeedBalance]:
    rows = []
    for asset_id, (available, held) in balances.items():
        asset = venue.catalogue.assets[asset_id]
        texts = (format_decimal(atoms, asset.decimals) for atoms in (available, held))
        rows.append(FeedBalance(asset.code, *texts))
    return rows


def _snapshot(venue: Venue, account_id: int, state: AccountState) -> AccountSnapshot:
    return AccountSnapshot(
        account_id=str(account_id),
        sequence=state.sequence,
        orders=[feed_order(order, venue) for order in state.orders],
        balances=_balances(venue, state.balances),
    )
