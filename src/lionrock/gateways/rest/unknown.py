"""Names that an endpoint does not know, refused where a mistyped one would place another order than was meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.json_bodies import printable
from lionrock.gateways.rest.reasons import own_reason

_MOST_LETTERS = 40
"""Of a name that is compared with others; no name of ours is longer."""


def refuse_unknown(names: Iterable[str], known: frozenset[str]) -> None:
    """Raises `Refused` for the first name that is none of the known ones, with the nearest of them."""
    for name in names:
        if name not in known:
            raise _refused(name, known)


def _refused(name: str, known: frozenset[str]) -> Refused:
    refused = Refused(-1130, printable(name))
    by_letters = {each.lower(): each for each in sorted(known)}
    nearest = get_close_matches(name[:_MOST_LETTERS].lower(), by_letters, n=1)
    advice = f"Send {by_letters[nearest[0]]}, if that was meant" if nearest else "Leave it out"
    refused.details = own_reason(refused) | {
        "words": f"{printable(name)} is no parameter of this endpoint.",
        "next_step": f"{advice}; nothing was changed.",
    }
    return refused
