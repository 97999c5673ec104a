"""Whose site this is and how it is doing, for a page that anybody may open."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock import __version__
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Reason, Security, Venue
from lionrock.gateways.rest.legal_entities import LegalEntity
from lionrock.gateways.rest.probes import readiness_of
from lionrock.journal.public_record import NothingSigned, Signed


class LicenceShown(msgspec.Struct, rename="camel", kw_only=True):
    """A licence whose rules an entity is held to."""

    id: str
    name: str
    """As the site's pack of rules calls it."""
    reference: str
    """The regulator's number; empty until there is one: the licence was then not granted yet, or is not entered."""


class EntityShown(msgspec.Struct, rename="camel", kw_only=True):
    """A legal entity of the site."""

    code: str
    title: str
    licences: list[LicenceShown]


class MarketStatus(msgspec.Struct, rename="camel", kw_only=True):
    """What a market does with orders."""

    symbol: str
    phase: str
    """Name of a `MarketPhase`."""
    is_stopped: bool
    """A kill switch over it or the site is engaged."""


class CheckpointAge(msgspec.Struct, rename="camel", kw_only=True):
    """The newest signed checkpoint."""

    sequence: str
    """Of the last command that it covers."""
    age_ms: int


class Status(msgspec.Struct, rename="camel", kw_only=True):
    """The site at this moment."""

    site: str
    """`HK`, `MENA` or `BMU`."""
    title: str
    is_sandbox: bool
    """Nothing here is worth anything, and accounts are given away."""
    entities: list[EntityShown]
    """None on a sandbox that belongs to nobody."""
    version: str
    server_time_ms: int
    ready: bool
    """Whether requests should come here, as GET /ready says."""
    reasons: list[Reason]
    """Why not."""
    last_sequence: str
    """Of the last durable command."""
    checkpoint: CheckpointAge | None
    """Null before the first one, and where it cannot be read."""
    markets: list[MarketStatus]


async def status(venue: Venue, _call: Call) -> Status:
    """Answered also by a site that is not ready: what is durable is told, and why it is not."""
    reasons, now_ns, catalogue = readiness_of(venue).reasons, venue.clock(), venue.catalogue
    signed = await _newest(venue)
    return Status(
        site=venue.profile.site_tag,
        title=venue.profile.title,
        is_sandbox=venue.is_sandbox,
        entities=[_entity(venue, entity) for entity in venue.profile.entities],
        version=__version__,
        server_time_ms=now_ns // NS_PER_MS,
        ready=not reasons,
        reasons=reasons,
        last_sequence=str(venue.node.durable_sequence),
        checkpoint=_age(signed, now_ns) if signed else None,
        markets=[
            MarketStatus(
                symbol=market.symbol,
                phase=catalogue.phase_of(market.market_id).name,
                is_stopped=catalogue.is_stopped(market.market_id),
            )
            for market in catalogue.markets.values()
        ],
    )


async def _newest(venue: Venue) -> Signed | None:
    if venue.record is None:
        return None
    try:
        return await asyncio.to_thread(venue.record.newest)
    except (NothingSigned, OSError):
        return None


def _age(signed: Signed, now_ns: int) -> CheckpointAge:
    checkpoint = signed.checkpoint
    return CheckpointAge(sequence=str(checkpoint.sequence), age_ms=max(0, now_ns - checkpoint.time_ns) // NS_PER_MS)


def _entity(venue: Venue, entity: LegalEntity) -> EntityShown:
    library = venue.rulebook.regime.library if venue.rulebook else None
    return EntityShown(
        code=entity.code,
        title=entity.title,
        licences=[
            LicenceShown(
                id=licence.id,
                name=library.by_licence(licence.id).head.title if library else licence.id,
                reference=licence.reference,
            )
            for licence in entity.licences
        ],
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/lionrock/v1/status",
        Security.NONE,
        1,
        status,
        "Whose site this is, and how it is doing",
        shows_state=False,
        answer=Status,
    ),
)
