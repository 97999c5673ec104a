"""The endpoints of deposits and withdrawals: what each reads and answers."""

from __future__ import annotations

from lionrock.custody.deposits import Step
from lionrock.gateways.rest import wallet
from lionrock.gateways.rest.contract import Body, Endpoint, Kind, Parameter, Security
from lionrock.gateways.rest.wallet_rows import (
    CoinChain,
    CoinRow,
    DepositAddress,
    DepositRow,
    ListedRow,
    WithdrawalAccepted,
    WithdrawalRow,
)

_READ, _WITHDRAW = Security.USER_DATA, Security.WITHDRAW
_COIN = Parameter("coin", "Asset", is_required=True, example="BTC")
_ANY_COIN = Parameter("coin", "Only this asset", example="BTC")
_CHAIN = Parameter("chainType", "Chain, by any of its names", is_required=True, example="BTC")
_ADDRESS = Parameter("address", "Where to", is_required=True)
_ACCOUNT = Parameter("accountId", "A sub-account of the key's account; without it that account")
_TIMES = (
    Parameter("startTime", "From this time on", Kind.MILLISECONDS),
    Parameter("endTime", "Up to this time", Kind.MILLISECONDS),
)
_LIMIT = Parameter("limit", "Most rows to answer", Kind.WHOLE_NUMBER)
_CLIENT_ORDER_ID = Parameter("clientOrderId", "The client's own id: the same withdrawal is done once")
_LIST = (
    _COIN,
    _CHAIN,
    _ADDRESS,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/api/v1/account/deposit/address",
        _READ,
        1,
        wallet.deposit_address,
        "Address to deposit at",
        parameters=(_COIN, _CHAIN),
        answer=DepositAddress,
    ),
    Endpoint(
        "GET",
        "/api/v1/account/depositOrders",
        _READ,
        1,
        wallet.deposit_orders,
        "Deposits, newest first",
        parameters=(
            _ANY_COIN,
            *_TIMES,
            Parameter("fromId", "From this deposit on", Kind.WHOLE_NUMBER),
            _LIMIT,
            _ACCOUNT,
        ),
        answer=list[DepositRow],
    ),
    Endpoint(
        "GET",
        "/api/v1/account/withdrawOrders",
        _READ,
        1,
        wallet.withdraw_orders,
        "Withdrawals, newest first",
        parameters=(_ANY_COIN, *_TIMES, Parameter("remark", "Only those with this note"), _LIMIT, _ACCOUNT),
        answer=list[WithdrawalRow],
    ),
    Endpoint(
        "POST",
        "/api/v1/account/withdraw",
        _WITHDRAW,
        1,
        wallet.withdraw,
        "Withdraw; the amount is held until custody signs",
        parameters=(
            _COIN,
            _ADDRESS,
            Parameter("quantity", "How much, the fee included", Kind.DECIMAL, is_required=True),
            Parameter("chainType", "Chain; may be left out where the address fits one chain of the asset"),
            Parameter("addressExt", "Tag or memo"),
            _CLIENT_ORDER_ID,
            Parameter("remark", "A note of the client's own"),
            Parameter("platform", "Not available: refused"),
        ),
        answer=WithdrawalAccepted,
    ),
    Endpoint(
        "GET",
        "/api/v1/account/chainType",
        _READ,
        1,
        wallet.chain_types,
        "Chains of an asset",
        parameters=(_COIN,),
        answer=list[CoinChain],
    ),
    Endpoint(
        "GET",
        "/api/v1/coinInfo",
        _READ,
        1,
        wallet.coin_info,
        "Assets and their chains",
        parameters=(_ANY_COIN,),
        answer=list[CoinRow],
    ),
    Endpoint(
        "GET",
        "/api/v1/account/whitelist/whitelistAddress",
        _READ,
        1,
        wallet.listed_addresses,
        "Addresses on the owner's list",
        parameters=(_ANY_COIN, Parameter("type", "Which list", choices=("Deposit", "Withdraw"))),
        answer=list[ListedRow],
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/deposits/steps",
        _READ,
        1,
        wallet.deposit_steps,
        "How a deposit came to its state",
        parameters=(Parameter("depositOrderId", "Id of the deposit", Kind.WHOLE_NUMBER, is_required=True), _ACCOUNT),
        answer=list[Step],
    ),
    Endpoint(
        "DELETE",
        "/lionrock/v1/withdrawals",
        _WITHDRAW,
        1,
        wallet.cancel_withdrawal,
        "Cancel a withdrawal that awaits custody",
        parameters=(Parameter("orderId", "Id of the withdrawal"), _CLIENT_ORDER_ID),
        answer=WithdrawalRow,
    ),
    Endpoint(
        "POST",
        "/lionrock/v1/withdrawalAddresses",
        _WITHDRAW,
        1,
        wallet.list_address,
        "List an address to withdraw to",
        Body.SIGNED_JSON,
        parameters=_LIST,
        answer=ListedRow,
    ),
    Endpoint(
        "DELETE",
        "/lionrock/v1/withdrawalAddresses",
        _WITHDRAW,
        1,
        wallet.unlist_address,
        "Take an address off the list",
        parameters=_LIST,
        answer=ListedRow,
    ),
)
