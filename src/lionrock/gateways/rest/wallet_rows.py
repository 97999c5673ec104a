"""Rows of deposits, withdrawals and chains as clients read them. `state`, `reason` and confirmations are our own."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lionrock.custody.chains import Terms


class DepositAddress(msgspec.Struct, rename="camel", kw_only=True):
    can_deposit: bool
    address: str
    address_ext: str = ""
    min_quantity: str
    need_address_tag: bool = False
    required_confirm_times: int
    can_withdraw_confirm_times: int
    coin_type: str


class DepositRow(msgspec.Struct, rename="camel", kw_only=True):
    time: str
    deposit_order_id: str
    coin: str
    coin_name: str
    chain_type: str
    address: str
    quantity: str
    status: int
    """2 under review, 3 failed, 4 success, 5 refunding."""
    status_code: str
    tx_id: str
    state: str
    """A `DepositState`."""
    reason: str
    """Why it stands there, in words."""
    confirmations: int
    required_confirm_times: int


class WithdrawalAccepted(msgspec.Struct, rename="camel", kw_only=True):
    success: bool
    id: str
    order_id: str
    account_id: str


class WithdrawalRow(msgspec.Struct, rename="camel", kw_only=True):
    time: str
    id: str
    coin: str
    coin_id: str
    coin_name: str
    chain_type: str
    address: str
    address_ext: str
    quantity: str
    arrive_quantity: str
    """What is left of it after the fee."""
    status: str
    """`pending` or `canceled`."""
    state: str
    """`awaiting custody`, `cancelling` or `cancelled`."""
    reason: str
    """Why it stands there, in words."""
    tx_id: str = ""
    address_url: str = ""
    fee_coin_id: str
    fee_coin_name: str
    fee: str
    client_order_id: str
    remark: str
    platform: str = ""


class CoinChain(msgspec.Struct, rename="camel"):
    chain_type: str
    withdraw_fee: str
    min_withdraw_quantity: str
    max_withdraw_quantity: str
    """"0" for no limit."""
    min_deposit_quantity: str
    allow_deposit: bool
    allow_withdraw: bool


class CoinRow(msgspec.Struct, rename="camel"):
    coin_id: str
    coin_name: str
    coin_full_name: str
    allow_withdraw: bool
    allow_deposit: bool
    chain_types: list[CoinChain]


class ListedRow(msgspec.Struct, rename="camel"):
    from_address: str
    """The contract's name of the field; the address itself."""
    coin: str
    chain_type: str


def chain_rows(terms: Iterable[Terms]) -> list[CoinChain]:
    return [
        CoinChain(
            row.chain,
            row.withdraw_fee,
            row.min_withdraw,
            row.max_withdraw,
            row.min_deposit,
            row.allow_deposit,
            row.allow_withdraw,
        )
        for row in terms
    ]
