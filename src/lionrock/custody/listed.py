"""Addresses that an owner withdraws to. Whoever lists one withdraws to listed ones only."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Engine, delete, insert, select

from lionrock.custody.tables import Keys, listed_addresses
from lionrock.store.sealing import Sealer


class ListedAddress(msgspec.Struct, frozen=True):
    """One address on an owner's list."""

    asset_code: str
    chain: str
    address: str


class ListedAddresses:
    """The lists of all owners. `alike` gives one spelling of an address on a chain."""

    def __init__(
        self, database: Engine, sealer: Sealer, *, alike: Callable[[str, str], str], clock: Callable[[], int]
    ) -> None:
        self._database, self._sealer, self._alike, self._clock = database, sealer, alike, clock
        self._key = Keys(sealer).maker("listed withdrawal address")

    def _key_of(self, owner_id: int, row: ListedAddress) -> bytes:
        return self._key(owner_id, row.asset_code, row.chain, self._alike(row.chain, row.address))

    def add(self, owner_id: int, row: ListedAddress) -> None:
        """Put a well-formed address on the list; one that is there stays."""
        key = self._key_of(owner_id, row)
        with self._database.begin() as connection:
            connection.execute(delete(listed_addresses).where(listed_addresses.c.address_key == key))
            connection.execute(
                insert(listed_addresses).values(
                    address_key=key,
                    owner_id=owner_id,
                    chain=row.chain,
                    asset_code=row.asset_code,
                    sealed_address=self._sealer.seal(row.address.encode(), f"withdrawal_addresses:{key.hex()}"),
                    created_ns=self._clock(),
                )
            )

    def remove(self, owner_id: int, row: ListedAddress) -> bool:
        """Whether it was there."""
        with self._database.begin() as connection:
            query = delete(listed_addresses).where(listed_addresses.c.address_key == self._key_of(owner_id, row))
            return connection.execute(query).rowcount > 0

    def read(self, owner_id: int) -> list[ListedAddress]:
        """The owner's list, oldest first."""
        query = select(listed_addresses).where(listed_addresses.c.owner_id == owner_id)
        with self._database.connect() as connection:
            rows = connection.execute(query.order_by(listed_addresses.c.created_ns)).all()
        return [
            ListedAddress(
                row.asset_code,
                row.chain,
                self._sealer.open(row.sealed_address, f"withdrawal_addresses:{row.address_key.hex()}").decode(),
            )
            for row in rows
        ]

    def lets(self, owner_id: int, row: ListedAddress) -> bool:
        """Whether the owner may withdraw there: it is listed, or nothing is."""
        with self._database.connect() as connection:
            of_owner = select(listed_addresses.c.address_key).where(listed_addresses.c.owner_id == owner_id)
            keys = set(connection.execute(of_owner).scalars())
        return not keys or self._key_of(owner_id, row) in keys
