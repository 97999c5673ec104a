"""Assets as the admission committee sees them."""

from __future__ import annotations

import msgspec


class IndexMembership(msgspec.Struct, frozen=True):
    """That an index has, or had, a token among its constituents."""

    index: str
    provider: str
    provider_group: str
    """Providers of one group are not independent of each other."""
    is_iosco_compliant: bool
    has_conventional_indices: bool
    """Whether the provider has experience with indices of conventional securities."""
    as_of_ns: int
    constituents_sha256: str
    """Of the file of constituents."""


class TokenRecord(msgspec.Struct, frozen=True):
    """An asset that is admitted, or asks to be."""

    asset: str
    audience: str
    """`none`, `professional`, `retail` or `retail_reduce_only`."""
    is_money: bool
    issued_on_ns: int
    """When it was first issued; 0 when that is not known."""
    is_security: bool
    is_stablecoin: bool
    issuer_is_licensed: bool
    """Of a stablecoin: whether its issuer is licensed at the place of the site."""
    has_builtin_anonymity: bool
    indices: tuple[IndexMembership, ...]
    bytecode_sha256: str
    """Of its smart contract on chain; empty for a coin without one."""
    audit_bytecode_sha256: str
    """Of the contract that the independent audit looked at."""
    audit_report_sha256: str
    approval_reference: str
    """The regulator's."""
    voted_ns: int
    votes_for: tuple[str, ...]
    """Seats of the committee that voted for it."""
    disclosed_fields: tuple[str, ...]
    """What the public page of the token says."""
    white_paper_sha256: str = ""
    index_evaluated_ns: int = 0
    notified_ns: int = 0
    """When the regulator was told; 0 for never."""
