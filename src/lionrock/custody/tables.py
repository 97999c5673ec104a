"""Custody's tables in the site's database. Addresses, transaction ids and what clients write are sealed or hashed."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint

from lionrock.store.sealing import Sealer

metadata = MetaData()

deposit_addresses = Table(
    "deposit_addresses",
    metadata,
    Column("address_key", LargeBinary, primary_key=True),  # keyed hash of chain and address
    Column("account_id", BigInteger, nullable=False),
    Column("chain", String(32), nullable=False),
    Column("sealed_address", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    UniqueConstraint("account_id", "chain"),
)

deposits = Table(
    "deposits",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("output_key", LargeBinary, nullable=False, unique=True),  # keyed hash of chain, transaction and output
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("asset_id", Integer, nullable=False),
    Column("chain", String(32), nullable=False),
    Column("amount_atoms", BigInteger, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("confirmations", Integer, nullable=False),
    Column("sequence", BigInteger),  # of the command that credited it
    Column("seen_ns", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # transaction, output, address
    Column("steps", LargeBinary, nullable=False),  # how it came to its state
)

chain_heights = Table(
    "chain_heights",
    metadata,
    Column("chain", String(32), primary_key=True),
    Column("height", BigInteger, nullable=False),  # up to which deposits were looked for
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("request_key", LargeBinary, unique=True),  # keyed hash of account and clientOrderId
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("asset_id", Integer, nullable=False),
    Column("chain", String(32), nullable=False),
    Column("amount_atoms", BigInteger, nullable=False),
    Column("fee_atoms", BigInteger, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("hold_id", BigInteger),
    Column("asked_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # address, tag, remark, clientOrderId, salt
)

transfers = Table(
    "asset_transfers",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("request_key", LargeBinary, unique=True),
    Column("owner_id", BigInteger, nullable=False, index=True),
    Column("from_account_id", BigInteger, nullable=False),
    Column("to_account_id", BigInteger, nullable=False),
    Column("asset_id", Integer, nullable=False),
    Column("amount_atoms", BigInteger, nullable=False),
    Column("sequence", BigInteger),  # of the command that booked it; none while that is not known
    Column("asked_ns", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # remark, clientOrderId
)

listed_addresses = Table(
    "withdrawal_addresses",
    metadata,
    Column("address_key", LargeBinary, primary_key=True),  # keyed hash of owner, chain and address
    Column("owner_id", BigInteger, nullable=False, index=True),
    Column("chain", String(32), nullable=False),
    Column("asset_code", String(16), nullable=False),
    Column("sealed_address", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)


class Keys:
    """Keyed hashes of 128 bits: equal texts are found by them, and nobody without the master key can try out texts."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def maker(self, purpose: str) -> Callable[..., bytes]:
        """A hash of several texts, for one purpose."""
        first, second = self._sealer.hasher(f"{purpose} 1"), self._sealer.hasher(f"{purpose} 2")

        def make(*parts: object) -> bytes:
            text = "\x00".join(str(part) for part in parts).encode()
            return first(text).to_bytes(8, "little") + second(text).to_bytes(8, "little")

        return make
