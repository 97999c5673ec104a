"""The controls that packs name. Importing this package registers them all in `lionrock.rulebook.control.CONTROLS`."""

from lionrock.rulebook.controls import (
    attestations,
    authorities,
    capital,
    clients,
    custody,
    ledger,
    records,
    settings,
    staff,
    timers,
    tokens,
    transfers,
)

__all__ = [
    "attestations",
    "authorities",
    "capital",
    "clients",
    "custody",
    "ledger",
    "records",
    "settings",
    "staff",
    "timers",
    "tokens",
    "transfers",
]
