"""An order that is only asked about is answered as it would be, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
import pytest

from lionrock.core import engine, engine_checked
from lionrock.core.engine import Engine
from lionrock.sim.workload import fuzz_records, random_flow
from lionrock.words.commands import ListAsset, PlaceOrder
from lionrock.words.events import EVENTS, CommandRejected, OrderPlaced
from lionrock.words.records import layout_of, unpack_all
from lionrock.words.rejections import Rejection
from tests.sim.flows import records_of

BUILDS = (engine.Engine, engine_checked.Engine)
_ORDER = layout_of(PlaceOrder).kind.to_bytes(2, "little")
_OF_ITS_PLACE = {"order_id": 0, "index": 0, "sequence": 0, "time_ns": 0}


@pytest.mark.shows("ENTR-050")
@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("flow", [random_flow, fuzz_records], ids=["random", "chance"])
def test_a_preview_says_what_the_order_does_and_changes_nothing(
    build: type[Engine], flow: Callable[[int, int], Iterable[bytes]]
) -> None:
    venue, compared = build(), set[str]()
    for batch in flow(3, 6_000):
        for number, record in enumerate(records_of(batch)):
            if record[:2] != _ORDER:
                venue.apply(record)
                continue
            before, time_ns = (venue.save() if number % 20 == 0 else b""), int.from_bytes(record[10:18], "little")
            told, _ = venue.preview(record, time_ns)
            if before:
                assert venue.save() == before
            [answer] = unpack_all(EVENTS, told)
            first = unpack_all(EVENTS, venue.apply(record))[0]
            assert isinstance(answer, OrderPlaced | CommandRejected)
            if isinstance(first, OrderPlaced | CommandRejected) and not _may_differ(answer, first):
                assert msgspec.structs.replace(answer, **_own(answer)) == msgspec.structs.replace(first, **_own(first))
                compared.add(Rejection(first.rejection).name if isinstance(first, CommandRejected) else "placed")
    assert len(compared) > 10, compared
    assert {"placed", "AVAILABLE_INSUFFICIENT"} <= compared


def _own(event: msgspec.Struct) -> dict[str, int]:
    return {name: value for name, value in _OF_ITS_PLACE.items() if name in type(event).__struct_fields__}


def _may_differ(answer: OrderPlaced | CommandRejected, first: OrderPlaced | CommandRejected) -> bool:
    """A preview has the id that the node would give; and a client's own id that is free again by the time of the order
    is not free before a command of that time.
    """
    if isinstance(first, CommandRejected):
        return first.rejection == Rejection.ORDER_ID_NOT_INCREASING
    return isinstance(answer, CommandRejected) and answer.rejection == Rejection.CLIENT_ORDER_ID_IN_USE


@pytest.mark.shows("ENTR-050")
@pytest.mark.parametrize("build", BUILDS)
def test_only_an_order_can_be_asked_about(build: type[Engine]) -> None:
    venue = build()
    with pytest.raises(ValueError, match="127 bytes"):
        venue.preview(bytes(127), 0)
    with pytest.raises(ValueError, match="no order"):
        venue.preview(ListAsset(asset_id=1, decimals=8, code="BTC").pack(), 0)
