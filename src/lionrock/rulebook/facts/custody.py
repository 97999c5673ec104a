"""What custody and the travel rule will say. No room supplies these yet: what asks for them has no data."""

from __future__ import annotations

import msgspec


class CustodySplit(msgspec.Struct, frozen=True):
    """What is kept of one asset for clients, valued at one time; amounts in minor units of the currency."""

    asset: str
    currency: str
    valued_ns: int
    cold_minor: int
    """Keys offline."""
    hot_minor: int
    """Everything else."""


class Cover(msgspec.Struct, frozen=True):
    """What would pay clients for lost assets: insurance, funds set aside on trust, guarantees of banks."""

    currency: str
    as_of_ns: int
    cover_minor: int


class Valued(msgspec.Struct, frozen=True):
    """An amount in minor units of a currency, converted at a stated rate and time."""

    currency: str
    minor: int


class TransferInformation(msgspec.Struct, frozen=True):
    """What is known about both sides of a transfer of virtual assets, before it is carried out."""

    transfer_id: str
    is_outgoing: bool
    counterparty: str
    """`institution` or `self_hosted`."""
    amounts: tuple[Valued, ...]
    """The value of this and the transfers linked to it, in the currency of each law that asks."""
    fields: tuple[str, ...]
    """Names of what is known and makes sense, such as `originator_name`; never the values."""
    ownership_proved: bool = False
    """Of a self-hosted address: whether the client showed that it is theirs."""
