"""Takes several venues through one flow side by side, and says in words where they part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from lionrock.words.commands import COMMANDS
from lionrock.words.events import EVENTS, CommandRejected, Event
from lionrock.words.figures import explain
from lionrock.words.records import RECORD_BYTES, layout_of, unpack, unpack_all
from tests.engines import Venue
from tests.invariants import broken_invariants
from tests.sim.bookkeeper import Bookkeeper

Told = dict[int, list[Event]]
"""Events by the sequence of their command."""


class FlowDiffers(AssertionError):
    """Venues answered differently, or one of them in a way that cannot be."""


def records_of(block: bytes) -> Iterator[bytes]:
    """The records of a block, one by one."""
    return (block[offset : offset + RECORD_BYTES] for offset in range(0, len(block), RECORD_BYTES))


def sequence_of(record: bytes) -> int:
    """The sequence in the header of a command record."""
    return int.from_bytes(record[2:10], "little")


def run_side_by_side(venues: dict[str, Venue], flow: Iterable[bytes], label: str, *, look_every: int = 1) -> Bookkeeper:
    """Applies each batch to all venues and compares the bytes of their events; checks every command's events.

    Digests, lines and invariants are compared every `look_every` batches and at the end. `label` names the flow (its
    seed) in what is raised, `FlowDiffers`.
    """
    first, *others = venues
    keeper = Bookkeeper()
    for number, batch in enumerate(flow, 1):
        answers = {name: venue.apply(batch) for name, venue in venues.items()}
        for other in others:
            if answers[other] != answers[first]:
                raise FlowDiffers(f"{label}: {first_difference(batch, answers, first, other)}")
        _keep(keeper, batch, answers[first], label)
        if number % look_every == 0:
            _look(venues, keeper, f"{label}, batch {number}")
    _look(venues, keeper, f"{label}, at the end")
    return keeper


def told_by_command(answer: bytes) -> Told:
    """The events of an answer by the sequence of their command."""
    told: defaultdict[int, list[Event]] = defaultdict(list)
    for event in unpack_all(EVENTS, answer):
        told[event.sequence].append(event)
    return dict(told)


def _keep(keeper: Bookkeeper, batch: bytes, answer: bytes, label: str) -> None:
    told = told_by_command(answer)
    for record in records_of(batch):
        sequence = sequence_of(record)
        events = told.pop(sequence, [])
        if not events:
            raise FlowDiffers(f"{label}: no event answers {described(record)}")
        try:
            keeper.enter(events)
        except AssertionError as wrong:
            raise FlowDiffers(f"{label}: {wrong}\n  command {described(record)}\n{in_words(events)}") from wrong
    if told:
        raise FlowDiffers(f"{label}: events of commands that were not sent: {sorted(told)[:5]}")


def _look(venues: dict[str, Venue], keeper: Bookkeeper, label: str) -> None:
    lines = {name: venue.lines() for name, venue in venues.items()}
    first = next(iter(lines))
    for name, others in lines.items():
        if others != lines[first]:
            odd = "\n".join(sorted({*lines[first]} ^ {*others})[:10])
            raise FlowDiffers(f"{label}: {first} and {name} are in different states\n{odd}")
    digests = {venue.digest() for venue in venues.values()}
    if len(digests) != 1:
        raise FlowDiffers(f"{label}: the same lines have the digests {digests}")
    wrong = broken_invariants(lines[first]) + keeper.differs_from(lines[first])
    if wrong:
        raise FlowDiffers("\n".join([label, *wrong]))


def first_difference(batch: bytes, answers: dict[str, bytes], first: str, second: str) -> str:
    """The first command that two venues answered differently, with both answers in words."""
    one, two = told_by_command(answers[first]), told_by_command(answers[second])
    for record in records_of(batch):
        sequence = sequence_of(record)
        if one.get(sequence) != two.get(sequence):
            told = [f" {name} tells\n{in_words(by.get(sequence, []))}" for name, by in ((first, one), (second, two))]
            return "\n".join([f"command {described(record)}", *told])
    return f"{first} and {second} tell the same events in other bytes or in another order"


def described(record: bytes) -> str:
    """A command record in words, also when it is no command of the vocabulary or its text is no text."""
    kind = int.from_bytes(record[:2], "little")
    try:
        return repr(unpack(COMMANDS, record))
    except KeyError:
        return f"Unknown(kind={kind}, sequence={sequence_of(record)})"
    except UnicodeDecodeError:
        layout = layout_of(COMMANDS[kind])
        values = zip(layout.fields, layout.packer.unpack_from(record), strict=True)
        return f"{COMMANDS[kind].__name__}({', '.join(f'{name}={value!r}' for name, value in values)})"


def in_words(events: Iterable[Event]) -> str:
    """Each event on its own line, a refusal with its explanation."""
    rows = []
    for event in events:
        why = ""
        if isinstance(event, CommandRejected):
            why = ": " + explain(event.rejection, event.first_figure, event.second_figure)
        rows.append(f"    {event!r}{why}")
    return "\n".join(rows) or "    nothing"
