"""Deposits and withdrawals as the contract has them, and what an owner may do with them beside."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.custody.chains import ChainUnavailable, Terms
from lionrock.custody.deposits import Deposit, DepositState, Step
from lionrock.custody.listed import ListedAddress
from lionrock.custody.refusals import LedgerRefused
from lionrock.custody.withdrawals import (
    NoLongerCancellable,
    Request,
    RequestDiffers,
    Withdrawal,
    WithdrawalState,
    WithdrawalUnknown,
)
from lionrock.gateways.rest.contract import Call, Venue, readable_account
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.orders import time_range
from lionrock.gateways.rest.parameters import Parameters
from lionrock.gateways.rest.reasons import refused_by_core
from lionrock.gateways.rest.sub_accounts import FIRST_RECORD_ID, coin, quantity, short_text
from lionrock.gateways.rest.wallet_rows import (
    CoinChain,
    CoinRow,
    DepositAddress,
    DepositRow,
    ListedRow,
    WithdrawalAccepted,
    WithdrawalRow,
    chain_rows,
)
from lionrock.views.telling import About
from lionrock.words.amounts import format_decimal, parse_decimal

MAX_DEPOSIT_ROWS, DEFAULT_DEPOSIT_ROWS = 200, 50
MAX_WITHDRAWAL_ROWS = 200
DAY_NS = 86_400_000_000_000
MAX_TAG_LENGTH = 100

_CONTRACT_STATUS = {
    DepositState.SEEN: 2,
    DepositState.CONFIRMING: 2,
    DepositState.WAITING: 2,
    DepositState.CREDITING: 2,
    DepositState.CREDITED: 4,
    DepositState.GONE: 3,
    DepositState.SET_ASIDE: 2,
    DepositState.RETURNING: 5,
}
"""The contract's: 2 under review, 3 failed, 4 success, 5 refunding."""

_STATUS_WORDS = {
    WithdrawalState.REQUESTED: ("pending", "the ledger is asked to hold the amount"),
    WithdrawalState.AWAITING_CUSTODY: ("pending", "the amount is held; custody has not signed; it can be cancelled"),
    WithdrawalState.CANCELLING: ("pending", "being cancelled"),
    WithdrawalState.CANCELLED: ("canceled", "cancelled by its owner; the amount is available again"),
}


async def deposit_address(venue: Venue, call: Call) -> DepositAddress:
    """Where the account receives an asset on a chain."""
    wallet = venue.clients.wallet
    asset = coin(venue, call.parameters)
    terms = wallet.chains.find(asset.code, call.parameters.required("chainType"))
    if terms is None:
        raise Refused(-1130, "chainType")
    if not terms.allow_deposit:
        raise Refused(-1170)
    try:
        address = await wallet.deposits.address_for(terms.chain, call.account_id)
    except ChainUnavailable as error:
        raise Refused(-1170) from error
    return DepositAddress(
        can_deposit=True,
        address=address,
        min_quantity=terms.min_deposit,
        required_confirm_times=terms.confirmations,
        can_withdraw_confirm_times=terms.confirmations,
        coin_type=terms.coin_type,
    )


async def deposit_orders(venue: Venue, call: Call) -> list[DepositRow]:
    """The account's deposits of the last 24 hours or the time asked for, newest first."""
    parameters = call.parameters
    account_id = readable_account(venue, call)
    from_ns, until_ns = time_range(parameters)
    if parameters.text("startTime") is None:
        from_ns = min(venue.clock(), until_ns) - DAY_NS
    below = parameters.order_id("fromId")
    limit = parameters.limit(DEFAULT_DEPOSIT_ROWS, MAX_DEPOSIT_ROWS)
    wanted = None if parameters.text("coin") is None else coin(venue, parameters).asset_id
    found = await asyncio.to_thread(venue.clients.wallet.deposits.read, account_id, from_ns, until_ns)
    rows = [
        row
        for row in found
        if (wanted is None or row.asset_id == wanted) and (below is None or FIRST_RECORD_ID + row.number >= below)
    ]
    return [_deposit_row(venue, row) for row in rows[:limit]]


def _deposit_row(venue: Venue, row: Deposit) -> DepositRow:
    asset, status = venue.catalogue.assets[row.asset_id], _CONTRACT_STATUS[row.state]
    return DepositRow(
        time=str(row.seen_ns // 1_000_000),
        deposit_order_id=str(FIRST_RECORD_ID + row.number),
        coin=asset.code,
        coin_name=asset.code,
        chain_type=row.chain,
        address=row.address,
        quantity=format_decimal(row.amount_atoms, asset.decimals),
        status=status,
        status_code=str(status),
        tx_id=row.transaction_id,
        state=row.state,
        reason=row.steps[-1].reason,
        confirmations=row.confirmations,
        required_confirm_times=row.required,
    )


async def deposit_steps(venue: Venue, call: Call) -> list[Step]:
    """How one deposit came to its state, oldest first."""
    number = call.parameters.order_id("depositOrderId")
    if number is None:
        raise missing_or_invalid("depositOrderId")
    for row in await asyncio.to_thread(venue.clients.wallet.deposits.read, readable_account(venue, call)):
        if FIRST_RECORD_ID + row.number == number:
            return row.steps
    raise Refused(-1207)


async def withdraw(venue: Venue, call: Call) -> WithdrawalAccepted:
    """Holds the amount for a withdrawal, which then waits for custody."""
    wallet, parameters = venue.clients.wallet, call.parameters
    request = _read_withdrawal(venue, call)
    listed = ListedAddress(request.asset.code, request.chain, request.address)
    owner_id = venue.clients.owners.owner_of(call.account_id)
    if not await asyncio.to_thread(wallet.listed.lets, owner_id, listed):
        raise Refused(-1171)
    if parameters.text("platform") is not None:
        raise Refused(-1020)  # moves between platforms of one group: there is one platform
    try:
        withdrawal = await wallet.withdrawals.request(request)
    except RequestDiffers as error:
        raise Refused(-1024) from error
    except LedgerRefused as refused:
        raise refused_by_core(refused.event, About(held=request.asset)) from refused
    number = _withdrawal_id(withdrawal)
    # The exchange says id "0" here; clients take `id` for the withdrawal's and look for it in the list.
    return WithdrawalAccepted(success=True, id=number, order_id=number, account_id=str(call.account_id))


def _read_withdrawal(venue: Venue, call: Call) -> Request:
    """Checked against the terms of asset and chain. Raises `Refused`."""
    parameters = call.parameters
    asset, address = coin(venue, parameters), parameters.required("address")
    terms = _withdrawal_terms(venue, parameters, asset.code, address)
    if not terms.allow_withdraw:
        raise Refused(-1169)
    if not venue.clients.wallet.port.is_well_formed(terms.chain, address):
        raise Refused(-1163)
    tag = parameters.text("addressExt") or ""
    if len(tag) > MAX_TAG_LENGTH:
        raise Refused(-1163)
    if parameters.text("quantity") is None:
        raise Refused(-1165)
    atoms = quantity(parameters, asset, illegal=-1168)
    fee = parse_decimal(terms.withdraw_fee, asset.decimals)
    most = parse_decimal(terms.max_withdraw, asset.decimals)
    if atoms < parse_decimal(terms.min_withdraw, asset.decimals) or atoms <= fee:
        raise Refused(-1167)
    if most and atoms > most:
        raise Refused(-1168)
    return Request(
        account_id=call.account_id,
        asset=asset,
        chain=terms.chain,
        amount_atoms=atoms,
        fee_atoms=fee,
        address=address,
        address_tag=tag,
        client_order_id=short_text(parameters, "clientOrderId"),
        remark=short_text(parameters, "remark"),
    )


def _withdrawal_terms(venue: Venue, parameters: Parameters, asset_code: str, address: str) -> Terms:
    """Of the chain named; without a name of the only one of the asset to which the address can belong."""
    wallet, named = venue.clients.wallet, parameters.text("chainType")
    of_asset = wallet.chains.of_asset(asset_code)
    if not of_asset:
        raise Refused(-1169)
    if named is not None:
        found = wallet.chains.find(asset_code, named)
        if found is None:
            raise Refused(-1130, "chainType")
        return found
    fitting = [terms for terms in of_asset if wallet.port.is_well_formed(terms.chain, address)]
    if not fitting:
        raise Refused(-1163)
    if len(fitting) > 1:
        raise missing_or_invalid("chainType")
    return fitting[0]


def _withdrawal_id(row: Withdrawal) -> str:
    return f"W{FIRST_RECORD_ID + row.number}"


async def withdraw_orders(venue: Venue, call: Call) -> list[WithdrawalRow]:
    """The account's withdrawals, newest first."""
    parameters = call.parameters
    account_id = readable_account(venue, call)
    from_ns, until_ns = time_range(parameters)
    limit, remark = parameters.limit(MAX_WITHDRAWAL_ROWS, MAX_WITHDRAWAL_ROWS), parameters.text("remark")
    wanted = None if parameters.text("coin") is None else coin(venue, parameters).asset_id
    rows = [
        row
        for row in await asyncio.to_thread(venue.clients.wallet.withdrawals.read, account_id, from_ns, until_ns)
        if (wanted is None or row.asset_id == wanted) and (remark is None or row.remark == remark)
    ]
    return [_withdrawal_row(venue, row) for row in rows[:limit]]


def _withdrawal_row(venue: Venue, row: Withdrawal) -> WithdrawalRow:
    asset = venue.catalogue.assets[row.asset_id]
    status, reason = _STATUS_WORDS[row.state]
    return WithdrawalRow(
        time=str(row.asked_ns // 1_000_000),
        id=_withdrawal_id(row),
        coin=asset.code,
        coin_id=asset.code,
        coin_name=asset.code,
        chain_type=row.chain,
        address=row.address,
        address_ext=row.address_tag,
        quantity=format_decimal(row.amount_atoms, asset.decimals),
        arrive_quantity=format_decimal(row.amount_atoms - row.fee_atoms, asset.decimals),
        status=status,
        state=row.state.lower().replace("_", " "),
        reason=reason,
        fee_coin_id=asset.code,
        fee_coin_name=asset.code,
        fee=format_decimal(row.fee_atoms, asset.decimals),
        client_order_id=row.client_order_id,
        remark=row.remark,
    )


async def cancel_withdrawal(venue: Venue, call: Call) -> WithdrawalRow:
    """Takes back a withdrawal that custody has not signed; what was held is available again."""
    withdrawals = venue.clients.wallet.withdrawals
    try:
        named = call.parameters.text("orderId")
        if named is None:
            client_order_id = call.parameters.required("clientOrderId")
            found = await asyncio.to_thread(withdrawals.find_by_client_order_id, call.account_id, client_order_id)
            number = found.number
        elif named[:1] == "W" and named[1:].isascii() and named[1:].isdigit() and len(named) <= 20:
            number = int(named[1:]) - FIRST_RECORD_ID
        else:
            raise missing_or_invalid("orderId")
        return _withdrawal_row(venue, await withdrawals.cancel(call.account_id, number))
    except WithdrawalUnknown as error:
        raise Refused("0211") from error
    except NoLongerCancellable as error:
        raise Refused(-1142) from error
    except LedgerRefused as refused:
        raise refused_by_core(refused.event) from refused


async def coin_info(venue: Venue, call: Call) -> list[CoinRow]:
    """How each asset moves on chains."""
    assets = [coin(venue, call.parameters)] if call.parameters.text("coin") else venue.catalogue.assets.values()
    return [
        CoinRow(
            coin_id=asset.code,
            coin_name=asset.code,
            coin_full_name=venue.profile.asset_names.get(asset.code, asset.code),
            allow_withdraw=any(terms.allow_withdraw for terms in venue.clients.wallet.chains.of_asset(asset.code)),
            allow_deposit=any(terms.allow_deposit for terms in venue.clients.wallet.chains.of_asset(asset.code)),
            chain_types=chain_rows(venue.clients.wallet.chains.of_asset(asset.code)),
        )
        for asset in assets
    ]


async def chain_types(venue: Venue, call: Call) -> list[CoinChain]:
    """The chains on which one asset moves."""
    return chain_rows(venue.clients.wallet.chains.of_asset(coin(venue, call.parameters).code))


async def listed_addresses(venue: Venue, call: Call) -> list[ListedRow]:
    """The addresses to which the owner withdraws; of deposits nobody lists any."""
    kind = call.parameters.text("type")
    if kind not in (None, "Deposit", "Withdraw"):
        raise Refused(-2026)
    if kind == "Deposit":
        return []
    wanted = None if call.parameters.text("coin") is None else coin(venue, call.parameters).code
    owner_id = venue.clients.owners.owner_of(call.account_id)
    rows = await asyncio.to_thread(venue.clients.wallet.listed.read, owner_id)
    return [_listed_row(row) for row in rows if wanted in (None, row.asset_code)]


async def list_address(venue: Venue, call: Call) -> ListedRow:
    """Puts an address on the owner's list. From the first one on withdrawals go to listed addresses only."""
    row, owner_id = _read_listed(venue, call)
    await asyncio.to_thread(venue.clients.wallet.listed.add, owner_id, row)
    return _listed_row(row)


async def unlist_address(venue: Venue, call: Call) -> ListedRow:
    """Takes an address off the owner's list."""
    row, owner_id = _read_listed(venue, call)
    if not await asyncio.to_thread(venue.clients.wallet.listed.remove, owner_id, row):
        raise Refused(-1171)
    return _listed_row(row)


class _Listing(msgspec.Struct, rename="camel"):
    coin: str
    chain_type: str
    address: str


def _read_listed(venue: Venue, call: Call) -> tuple[ListedAddress, int]:
    """Only the main account keeps the list, so that no sub-account can widen it."""
    if venue.clients.owners.is_sub_account(call.account_id):
        raise Refused(-1205)
    if call.body:
        try:
            told = msgspec.json.decode(call.body, type=_Listing)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise missing_or_invalid("body") from error
    else:
        required = call.parameters.required
        told = _Listing(required("coin"), required("chainType"), required("address"))
    wallet = venue.clients.wallet
    terms = wallet.chains.find(told.coin, told.chain_type)
    if terms is None:
        raise Refused(-1130, "chainType")
    if not wallet.port.is_well_formed(terms.chain, told.address):
        raise Refused(-1163)
    return ListedAddress(told.coin, terms.chain, told.address), call.account_id


def _listed_row(row: ListedAddress) -> ListedRow:
    return ListedRow(row.address, row.asset_code, row.chain)
