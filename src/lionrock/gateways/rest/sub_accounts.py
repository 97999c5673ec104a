"""The accounts of one owner: which there are, opening one more, moving funds between them, reading a sub-account."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.custody.refusals import LedgerRefused
from lionrock.custody.transfers import TransferRequest
from lionrock.custody.withdrawals import RequestDiffers
from lionrock.gateways.rest.accounts import trades_of
from lionrock.gateways.rest.answers import Success
from lionrock.gateways.rest.contract import Body, Call, Endpoint, Kind, Parameter, Security, Venue, readable_account
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.orders import cancel_everything, open_orders_of, traded_orders_of
from lionrock.gateways.rest.parameters import Parameters
from lionrock.gateways.rest.reasons import refused_by_core
from lionrock.gateways.rest.rows import AccountTrade, FullOrder
from lionrock.people.accounts import MAX_LABEL_LENGTH, OpeningRefused, SubAccount, TooManySubAccounts
from lionrock.views.telling import About
from lionrock.words.amounts import InexactAmount, MalformedAmount, parse_decimal
from lionrock.words.events import AssetListed
from lionrock.words.limits import MAX_ATOMS

TRADING = 1
"""Account type: spot trading, the only one there is."""
FIRST_RECORD_ID = 10**18
"""Ids of transfers and deposits count on from here."""
MAX_CLIENT_ORDER_ID_LENGTH, MAX_REMARK_LENGTH = 255, 255


class AccountRow(msgspec.Struct, rename="camel"):
    account_id: str
    account_label: str
    """The contract's own words, by which clients tell main from sub."""
    account_type: int
    account_index: int
    """0 for the main account, then the sub-accounts from 1 in the order in which they were opened."""
    user_id: str


class KeyType(msgspec.Struct, rename="camel"):
    account_type: str
    """`master` or `sub`."""


class TransferAnswer(msgspec.Struct, rename="camel"):
    success: bool
    timestamp: int
    client_order_id: str
    order_id: str


class SubAccountRow(msgspec.Struct, rename="camel"):
    account_id: str
    label: str
    """As its owner named it."""
    index: int


class _NewSubAccount(msgspec.Struct):
    label: str


async def account_types(venue: Venue, call: Call) -> list[AccountRow]:
    """The accounts of the key's owner; a sub-account's key sees that one alone."""
    owners = venue.clients.owners
    owner_id = owners.owner_of(call.account_id)
    rows = [
        AccountRow(
            str(account_id),
            "Sub Main Trading Account" if index else "Main Trading Account",
            TRADING,
            index,
            str(owner_id),
        )
        for index, account_id in enumerate(owners.accounts(owner_id))
    ]
    if owners.is_sub_account(call.account_id):
        return [row for row in rows if row.account_id == str(call.account_id)]
    return rows


async def check_api_key(venue: Venue, call: Call) -> KeyType:
    """Whether the key is of a main account or of a sub-account."""
    return KeyType("sub" if venue.clients.owners.is_sub_account(call.account_id) else "master")


async def open_sub_account(venue: Venue, call: Call) -> SubAccountRow:
    """Opens a sub-account of the key's account, or answers with the one that has this name already."""
    try:
        label = msgspec.json.decode(call.body, type=_NewSubAccount).label.strip()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise missing_or_invalid("label") from error
    if not label.isprintable() or not 0 < len(label) <= MAX_LABEL_LENGTH:
        raise missing_or_invalid("label")
    if venue.clients.owners.is_sub_account(call.account_id):
        raise Refused(-1204)
    try:
        return _sub_account_row(await venue.clients.sub_accounts.open(call.account_id, label))
    except TooManySubAccounts as error:
        raise Refused(-2018) from error
    except OpeningRefused as refused:
        raise refused_by_core(refused.event) from refused


async def list_sub_accounts(venue: Venue, call: Call) -> list[SubAccountRow]:
    """The sub-accounts of the key's account with the names their owner gave them."""
    return [_sub_account_row(row) for row in await asyncio.to_thread(venue.clients.sub_accounts.read, call.account_id)]


def _sub_account_row(row: SubAccount) -> SubAccountRow:
    return SubAccountRow(str(row.account_id), row.label, row.index)


async def transfer(venue: Venue, call: Call) -> TransferAnswer:
    """Moves funds between two accounts of the key's owner, at once."""
    parameters, owners = call.parameters, venue.clients.owners
    owner_id = owners.owner_of(call.account_id)
    own = owners.accounts(owner_id)
    from_account_id = _named_account(parameters, "fromAccountId", own, -1172)
    to_account_id = _named_account(parameters, "toAccountId", own, -1173)
    if call.account_id != owner_id:
        # A sub-account's key gives back to the main account and reaches no other.
        if from_account_id != call.account_id:
            raise Refused(-1172)
        if to_account_id not in (owner_id, call.account_id):
            raise Refused(-1173)
    if from_account_id == to_account_id:
        raise Refused(-1174)
    asset, client_order_id = coin(venue, parameters), short_text(parameters, "clientOrderId")
    request = TransferRequest(
        owner_id,
        call.account_id,
        from_account_id,
        to_account_id,
        asset.asset_id,
        quantity(parameters, asset, illegal=-1126),
        client_order_id,
        short_text(parameters, "remark"),
    )
    try:
        done = await venue.clients.wallet.transfers.transfer(request)
    except RequestDiffers as error:
        raise Refused(-1024) from error
    except LedgerRefused as refused:
        raise refused_by_core(refused.event, About(held=asset)) from refused
    return TransferAnswer(True, done.asked_ns // 1_000_000, client_order_id, str(FIRST_RECORD_ID + done.number))


def _named_account(parameters: Parameters, name: str, own: list[int], code: int) -> int:
    named = parameters.required(name)
    found = next((account_id for account_id in own if str(account_id) == named), None)
    if found is None:
        raise Refused(code)
    return found


def coin(venue: Venue, parameters: Parameters) -> AssetListed:
    """The asset a request names. Raises `Refused`."""
    asset = venue.catalogue.asset_by_code.get(parameters.required("coin"))
    if asset is None:
        raise Refused("0402")
    return asset


def quantity(parameters: Parameters, asset: AssetListed, *, illegal: int) -> int:
    """`quantity` in atoms, above zero. Raises `Refused` with the code given for one that is not an amount."""
    try:
        atoms = parse_decimal(parameters.required("quantity"), asset.decimals)
    except (MalformedAmount, InexactAmount) as error:
        raise Refused(illegal) from error
    if not 0 < atoms <= MAX_ATOMS:
        raise Refused(illegal)
    return atoms


def short_text(parameters: Parameters, name: str) -> str:
    """What a client writes for itself; empty when it was not sent."""
    value = parameters.text(name) or ""
    if len(value) > MAX_REMARK_LENGTH:
        raise missing_or_invalid(name)
    return value


async def sub_open_orders(venue: Venue, call: Call) -> list[FullOrder]:
    """Resting orders of a sub-account, oldest first."""
    return open_orders_of(venue, call, _sub_account(venue, call))


async def sub_traded_orders(venue: Venue, call: Call) -> list[FullOrder]:
    """Orders of a sub-account that ended or traded in part."""
    return traded_orders_of(venue, call, _sub_account(venue, call))


async def sub_trades(venue: Venue, call: Call) -> list[AccountTrade]:
    """Fills of a sub-account, newest first."""
    return trades_of(venue, call, _sub_account(venue, call))


def _sub_account(venue: Venue, call: Call) -> int:
    """`subAccountId`, or `accountId` as some clients name it."""
    name = "subAccountId" if call.parameters.text("subAccountId") is not None else "accountId"
    if call.parameters.text(name) is None:
        raise missing_or_invalid("subAccountId")
    return readable_account(venue, call, name)


_READ, _TRADE, _TRANSFER = Security.USER_DATA, Security.TRADE, Security.TRANSFER
_SUB_ACCOUNT = (
    Parameter("subAccountId", "Id of a sub-account of the key's account, or of that account itself"),
    Parameter("accountId", "The same where `subAccountId` is not sent"),
)
_SYMBOL = Parameter("symbol", "Only this market", example="BTCUSDT")
_SIDE = Parameter("side", "Only this side", choices=("BUY", "SELL"))
_TIMES = (
    Parameter("startTime", "From this time on", Kind.MILLISECONDS),
    Parameter("endTime", "Up to this time", Kind.MILLISECONDS),
)
_LIMIT = Parameter("limit", "Most rows to answer", Kind.WHOLE_NUMBER)
_ORDER_ID = Parameter("orderId", "Order id", Kind.WHOLE_NUMBER)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/api/v1/account/type", _READ, 5, account_types, "Accounts of the owner", answer=list[AccountRow]),
    Endpoint("GET", "/api/v1/account/checkApiKey", _READ, 1, check_api_key, "Main or sub-account?", answer=KeyType),
    Endpoint(
        "POST",
        "/api/v1/account/assetTransfer",
        _TRANSFER,
        1,
        transfer,
        "Move funds between accounts of the owner",
        parameters=(
            Parameter("fromAccountId", "Where it leaves", is_required=True),
            Parameter("toAccountId", "Where it arrives", is_required=True),
            Parameter("coin", "Asset", is_required=True, example="USDT"),
            Parameter("quantity", "How much", Kind.DECIMAL, is_required=True),
            Parameter("clientOrderId", "The client's own id: the same transfer is done once"),
            Parameter("remark", "A note of the client's own"),
        ),
        answer=TransferAnswer,
    ),
    Endpoint(
        "GET",
        "/api/v1/spot/subAccount/openOrders",
        _READ,
        1,
        sub_open_orders,
        "Open orders of a sub-account",
        parameters=(*_SUB_ACCOUNT, _SYMBOL, _SIDE, _ORDER_ID, _LIMIT),
        answer=list[FullOrder],
    ),
    Endpoint(
        "GET",
        "/api/v1/spot/subAccount/tradeOrders",
        _READ,
        5,
        sub_traded_orders,
        "Orders of a sub-account that ended or traded",
        parameters=(*_SUB_ACCOUNT, _SYMBOL, _SIDE, _ORDER_ID, *_TIMES, _LIMIT),
        answer=list[FullOrder],
    ),
    Endpoint(
        "GET",
        "/api/v1/subAccount/trades",
        _READ,
        5,
        sub_trades,
        "Fills of a sub-account",
        parameters=(
            *_SUB_ACCOUNT,
            _SYMBOL,
            *_TIMES,
            Parameter("clientOrderId", "Only fills of the order with this id of the client's own"),
            Parameter("fromId", "From this fill on", Kind.WHOLE_NUMBER),
            Parameter("toId", "Up to this fill", Kind.WHOLE_NUMBER),
            _LIMIT,
        ),
        answer=list[AccountTrade],
    ),
    Endpoint(
        "DELETE",
        "/api/v1/spot/cancelAllOpenOrders",
        _TRADE,
        5,
        cancel_everything,
        "Cancel all open orders in every market",
        answer=Success,
    ),
    Endpoint(
        "POST",
        "/lionrock/v1/subAccounts",
        _TRANSFER,
        1,
        open_sub_account,
        "Open a sub-account",
        Body.SIGNED_JSON,
        parameters=(Parameter("label", "Its name; the same name is the same sub-account", is_required=True),),
        answer=SubAccountRow,
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/subAccounts",
        _READ,
        1,
        list_sub_accounts,
        "Sub-accounts by name",
        answer=list[SubAccountRow],
    ),
)
