"""The balances of spec/ledger.md, and the proof after every command that no atom was made, lost or overdrawn."""

from __future__ import annotations

from dataclasses import dataclass

from lionrock.words.faults import Fault
from lionrock.words.limits import MAX_ATOMS


@dataclass(slots=True)
class Balance:
    """What one account has of one asset, in atoms."""

    available: int = 0
    held: int = 0


class Ledger:
    """Balances by account and asset. Whoever posts makes every leg of an entry; `check` finds a missing one."""

    def __init__(self) -> None:
        self.balances: dict[tuple[int, int], Balance] = {}
        self.custody_account_ids: set[int] = set()
        self._sums: dict[int, int] = {}
        self._touched: set[tuple[int, int]] = set()

    def available(self, account_id: int, asset_id: int) -> int:
        """Available atoms; of a custody account never above zero."""
        balance = self.balances.get((account_id, asset_id))
        return balance.available if balance else 0

    def held(self, account_id: int, asset_id: int) -> int:
        """Held atoms, for orders and otherwise."""
        balance = self.balances.get((account_id, asset_id))
        return balance.held if balance else 0

    def custody_owes(self, asset_id: int) -> int:
        """Atoms of this asset that all custody accounts together owe."""
        return -sum(self.available(account_id, asset_id) for account_id in self.custody_account_ids)

    def post(self, account_id: int, asset_id: int, *, available: int = 0, held: int = 0) -> None:
        """Adds to (or with a minus takes from) what the account has available and held."""
        balance = self.balances.setdefault((account_id, asset_id), Balance())
        balance.available += available
        balance.held += held
        self._sums[asset_id] = self._sums.get(asset_id, 0) + available + held
        self._touched.add((account_id, asset_id))

    def check(self) -> None:
        """Looks at every balance posted to since the last check. Raises `Fault` when one of them cannot be."""
        for account_id, asset_id in self._touched:
            self._check_balance(account_id, asset_id)
            if self._sums[asset_id] != 0:
                raise Fault(f"the balances of asset {asset_id} sum to {self._sums[asset_id]}, not to zero")
        self._touched.clear()

    def check_all(self, held: dict[tuple[int, int], int]) -> None:
        """Looks at every balance and adds everything up anew. Raises `Fault` when something is wrong.

        `held` is what all open orders and all holds hold together, in atoms by (account, asset).
        """
        sums: dict[int, int] = {}
        for (account_id, asset_id), balance in self.balances.items():
            self._check_balance(account_id, asset_id)
            sums[asset_id] = sums.get(asset_id, 0) + balance.available + balance.held
            if balance.held != held.get((account_id, asset_id), 0):
                raise Fault(f"account {account_id} has {balance.held} of asset {asset_id} held, not what is held for")
        for account_id, asset_id in held.keys() - self.balances.keys():
            raise Fault(f"something holds asset {asset_id} of account {account_id}, which has none")
        for asset_id, total in sums.items():
            if total != 0:
                raise Fault(f"the balances of asset {asset_id} sum to {total}, not to zero")

    def _check_balance(self, account_id: int, asset_id: int) -> None:
        balance = self.balances[account_id, asset_id]
        if account_id in self.custody_account_ids:
            sound = -MAX_ATOMS <= balance.available <= 0 and balance.held == 0
        else:
            sound = balance.available >= 0 and balance.held >= 0
        if not sound:
            raise Fault(f"account {account_id} stands at {balance} of asset {asset_id}")
