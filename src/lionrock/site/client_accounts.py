"""What the operator decided about clients' accounts, and what a site does with them by the clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from lionrock.custody.chains import Chains
from lionrock.custody.wallet import Wallet
from lionrock.gateways.rest.contract import Venue
from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.people.tiers import due_tiers
from lionrock.views.valuation import Valuation

_log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""Between two looks at the chains."""
CALENDAR_SECONDS = 60
"""Between two looks at the calendar of fee tiers."""


class Arrangements(msgspec.Struct, frozen=True):
    """What the operator decided about clients' accounts. Without chains nothing arrives and nothing leaves."""

    chains: Chains = msgspec.field(default_factory=Chains)
    custody_account_id: int = 0
    """Contra side of what is deposited."""
    suspense_entity: int = 0
    """Number of the legal entity that holds what came for closed accounts."""
    valuation_asset: str = ""
    money_rates: Mapping[str, str] = {}
    """Worth of one whole unit of each money in the valuation asset."""
    tier_volumes: Sequence[str] = ()
    """Least 30-day volume by tier, from tier 0, in whole units of the valuation asset; none for no calendar."""


NO_ARRANGEMENTS = Arrangements()


def clockwork(venue: Venue, arrangements: Arrangements) -> list[Coroutine[None, None, None]]:
    """What is to run as long as the site serves."""
    clients = venue.clients
    running: list[Coroutine[None, None, None]] = []
    if clients.wallet.chains.names:
        running.append(_watch_chains(clients.wallet))
    if clients.valuation is not None and arrangements.tier_volumes:
        running.append(_keep_tiers(venue, clients.valuation, arrangements.tier_volumes))
    return running


async def _watch_chains(wallet: Wallet) -> None:
    """Returns when the node has stopped. A database that fails is asked again: nothing is credited meanwhile."""
    while True:
        try:
            await wallet.look()
        except NodeStopped:
            return
        except SQLAlchemyError:
            _log.exception("Deposits cannot be written down; they are looked for again")
        await asyncio.sleep(LOOK_SECONDS)


async def _keep_tiers(venue: Venue, valuation: Valuation, tier_volumes: Sequence[str]) -> None:
    """Returns when the node has stopped."""
    thresholds = [int(volume) * int(10**valuation.decimals) for volume in tier_volumes]
    while True:
        due = due_tiers(
            venue.clock(),
            venue.clients.volumes,
            owners=venue.clients.owners,
            valuation=valuation,
            thresholds_atoms=thresholds,
            tier_of=venue.catalogue.tier_of,
        )
        try:
            await venue.node.submit_all([(command, b"") for command in due])
        except NodeStopped:
            return
        except NodeBusy:
            pass  # looked at again in a minute
        await asyncio.sleep(CALENDAR_SECONDS)
