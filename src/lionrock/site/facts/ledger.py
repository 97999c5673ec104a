"""What the ledger says of itself. Read in the loop, between two commands, and settled before anybody is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from lionrock.rulebook.facts import AssetSum, EntityAccount, MovementTally
from lionrock.views.catalogue import Catalogue
from lionrock.views.movements import Movements
from lionrock.words.enumerations import AccountKind


class Balances(Protocol):
    """What an engine answers about an account: asset, available and held atoms."""

    def balances(self, account_id: int) -> Sequence[tuple[int, int, int]]: ...


class Entities(NamedTuple):
    """How the numbers of entities in the ledger are called."""

    by_number: dict[int, str]
    of_account: Callable[[int], int]
    """Number of the entity that an account stands under; 0 for none."""


class LedgerFacts:
    """Supplies `AssetSum`, `EntityAccount` and `MovementTally`, as they were when it was made."""

    def __init__(self, engine: Balances, catalogue: Catalogue, movements: Movements, entities: Entities) -> None:
        held = {account_id: engine.balances(account_id) for account_id in catalogue.accounts}
        self._offered: dict[type[Any], list[Any]] = {
            AssetSum: _sums(catalogue, held),
            EntityAccount: _accounts(catalogue, held, entities),
            MovementTally: [
                MovementTally(purpose.name, count, bare) for purpose, (count, bare) in movements.tally().items()
            ],
        }

    def facts(self, fact_type: type[msgspec.Struct]) -> Sequence[Any] | None:
        """As `FactSource`."""
        return self._offered.get(fact_type)


OWED_TO_CLIENTS = (AccountKind.CLIENT, AccountKind.SUSPENSE)
"""What is set aside came for a client, and is no more the operator's than what is credited."""
_Held = dict[int, Sequence[tuple[int, int, int]]]


def _sums(catalogue: Catalogue, held: _Held) -> list[AssetSum]:
    totals: defaultdict[int, int] = defaultdict(int)
    negative: defaultdict[int, int] = defaultdict(int)
    owed: defaultdict[int, int] = defaultdict(int)
    custody: defaultdict[int, int] = defaultdict(int)
    for account_id, rows in held.items():
        kind = catalogue.accounts[account_id].account_kind
        for asset_id, available, on_hold in rows:
            totals[asset_id] += available + on_hold
            if kind == AccountKind.CUSTODY:
                custody[asset_id] -= available + on_hold
                continue
            negative[asset_id] += int(available < 0 or on_hold < 0)
            owed[asset_id] += available + on_hold if kind in OWED_TO_CLIENTS else 0
    return [
        AssetSum(asset.code, totals[asset_id], negative[asset_id], owed[asset_id], custody[asset_id])
        for asset_id, asset in sorted(catalogue.assets.items())
    ]


def _accounts(catalogue: Catalogue, held: _Held, entities: Entities) -> list[EntityAccount]:
    return [
        EntityAccount(
            account_id,
            AccountKind(account.account_kind).name,
            entities.by_number.get(entities.of_account(account_id), ""),
            may_trade=account.account_kind == AccountKind.CLIENT,
            has_debt=any(available < 0 or on_hold < 0 for _, available, on_hold in held[account_id]),
        )
        for account_id, account in sorted(catalogue.accounts.items())
    ]
