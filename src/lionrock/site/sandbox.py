"""A site to try things on: it lists assets and markets by itself and gives funded accounts to whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec

from lionrock.gateways.rest.contract import Body, Call, Endpoint, Parameter, Profile, Security, Venue, refusal_in
from lionrock.gateways.rest.errors import Refused, missing_or_invalid, refused_by_core, refused_by_rule
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.gateways.rest.sign_in import SIGN_IN_WEIGHT, people_of
from lionrock.people.api_keys import ALL_RIGHTS
from lionrock.people.passwords import is_acceptable
from lionrock.people.users import NameTaken, is_acceptable_name
from lionrock.site.site import Site
from lionrock.words.amounts import InexactAmount, MalformedAmount, parse_decimal
from lionrock.words.commands import Command, ListAsset, ListMarket, OpenAccount, SetFeeTier, Transfer
from lionrock.words.enumerations import AccountKind, FeeCurrency, TransferPurpose
from lionrock.words.events import AccountOpened, AssetListed
from lionrock.words.faults import Fault
from lionrock.words.limits import MAX_ATOMS
from lionrock.words.rejections import Rejection, explain

CUSTODY_ACCOUNT, FEE_ACCOUNT = 1, 2

_DECIMALS = 8
"""Of every asset, so that one lot at one tick is a whole number of atoms in every market below."""
_UNIT = 10**_DECIMALS

ASSETS = {1: "BTC", 2: "ETH", 3: "USDT", 4: "USD", 5: "HKD"}

PROFILE = Profile(
    site_tag="HK",
    money=frozenset({"USD", "HKD"}),
    asset_names={
        "BTC": "Bitcoin",
        "ETH": "Ethereum",
        "USDT": "Tether USD",
        "USD": "US Dollar",
        "HKD": "Hong Kong Dollar",
    },
    allows_self_trades=True,
)

FEE_TIERS_PPM = (
    (1200, 1200),
    (800, 900),
    (700, 850),
    (600, 750),
    (400, 650),
    (300, 450),
    (100, 400),
    (0, 350),
)
"""Maker and taker rates of VIP 0 to 7: HashKey Global's spot schedule as ccxt 4.5.90 has it."""


def _market(
    market_id: int, symbol: str, base: int, quote: int, fee_currency: FeeCurrency, *, lot: int, tick: int = _UNIT // 100
) -> ListMarket:
    """Ticks of a cent, at most ten million a coin, 1,000 coins and ten million an order, at least five."""
    return ListMarket(
        market_id=market_id,
        base_asset_id=base,
        quote_asset_id=quote,
        fee_currency=fee_currency,
        symbol=symbol,
        tick_quote_atoms=tick,
        lot_base_atoms=lot,
        max_price_ticks=10_000_000 * _UNIT // tick,
        max_size_lots=1_000 * _UNIT // lot,
        min_notional_atoms=5 * _UNIT,
        max_notional_atoms=10_000_000 * _UNIT,
        fee_account_id=FEE_ACCOUNT,
    )


MARKETS = (
    _market(1, "BTCUSDT", 1, 3, FeeCurrency.RECEIVED, lot=1_000),
    _market(2, "ETHUSDT", 2, 3, FeeCurrency.RECEIVED, lot=10_000),
    # Whole dollars by 10^-8 BTC, the steps of the venue whose recorded day the tour replays.
    _market(3, "BTCUSD", 1, 4, FeeCurrency.QUOTE, lot=1, tick=_UNIT),
)


async def seed(site: Site) -> None:
    """List what is not listed yet; a site that was seeded before is left as it is."""
    for command in _missing(site):
        refused = refusal_in(await site.node.submit(command))
        if refused is not None:
            raise Fault(explain(refused.rejection, refused.first_figure, refused.second_figure))


def _missing(site: Site) -> Iterator[Command]:
    catalogue = site.catalogue
    for asset_id, code in ASSETS.items():
        if asset_id not in catalogue.assets:
            yield ListAsset(asset_id=asset_id, decimals=_DECIMALS, code=code)
    for account_id, kind in ((CUSTODY_ACCOUNT, AccountKind.CUSTODY), (FEE_ACCOUNT, AccountKind.FEE)):
        if account_id not in catalogue.accounts:
            yield OpenAccount(account_id=account_id, account_kind=kind)
    # Tier 0 is there from the start, charging nothing; it is set first, so the tier above tells whether it was.
    for tier, (maker, taker) in enumerate(FEE_TIERS_PPM):
        if max(tier, 1) not in catalogue.fee_tiers:
            yield SetFeeTier(tier=tier, maker_fee_ppm=maker, taker_fee_ppm=taker)
    for market in MARKETS:
        if market.market_id not in catalogue.markets:
            yield market


class _AccountRequest(msgspec.Struct):
    fund: dict[str, str] = {}


class SandboxAccount(msgspec.Struct, rename={"api_key": "apiKey", "account_id": "accountId"}):
    """An account of its own for who asked. The secret is shown here and never again."""

    api_key: str
    secret: str
    account_id: str


async def open_account(venue: Venue, call: Call) -> SandboxAccount:
    """Opens an account, deposits what was asked from custody, and makes a key that may do everything.

    Body: `{"fund": {"BTC": "10"}}`, amounts as text.
    """
    async with venue.opening:
        account = await _open_funded(venue, call.body)
    key = await asyncio.to_thread(venue.keys.create, account, ALL_RIGHTS)
    return SandboxAccount(key.access_key, key.secret.decode(), str(account.account_id))


class NewUser(msgspec.Struct, rename="camel", frozen=True):
    sign_in_name: str
    password: str
    fund: dict[str, str] = {}

    def __repr__(self) -> str:
        return "NewUser()"


class SandboxUser(msgspec.Struct, rename="camel"):
    """A new user, who can sign in now."""

    user_id: str
    account_id: str


async def sign_up(venue: Venue, call: Call) -> SandboxUser:
    """Opens an account and funds it as `open_account`, for a new user with this name and password."""
    people, asked = people_of(venue), read_json(call.body, NewUser)
    if not is_acceptable_name(asked.sign_in_name):
        raise missing_or_invalid("signInName")
    if not is_acceptable(asked.password):
        raise missing_or_invalid("password")
    with told_to_client():
        password_hash = await people.passwords.hash(asked.password)
        async with venue.opening:
            if await asyncio.to_thread(people.users.by_name, asked.sign_in_name):
                raise NameTaken
            account = await _open_funded(venue, call.body)
            made = await asyncio.to_thread(
                people.users.create, asked.sign_in_name, password_hash, account, venue.clock()
            )
    return SandboxUser(made.user_id, str(made.account_id))


async def _open_funded(venue: Venue, body: bytes) -> AccountOpened:
    """Only this moves what custody owes, one at a time: what `_read_deposits` found possible is so until it is done."""
    deposits = _read_deposits(venue, body)
    events = await venue.node.submit(OpenAccount(account_id=0, account_kind=AccountKind.CLIENT))
    opened = next((event for event in events if isinstance(event, AccountOpened)), None)
    if opened is None:
        raise Refused(-1001)
    transfers = [
        Transfer(
            asset_id=asset.asset_id,
            debit_account_id=CUSTODY_ACCOUNT,
            credit_account_id=opened.account_id,
            amount_atoms=amount,
            purpose=TransferPurpose.DEPOSIT,
        )
        for asset, amount in deposits
    ]
    for answer in await venue.node.submit_all([(transfer, b"") for transfer in transfers]):
        refused = refusal_in(answer)
        if refused is not None:
            raise refused_by_core(refused)
    return opened


class State(msgspec.Struct):
    """How far the venue is, and the digest of where it stands (spec/state.md)."""

    sequence: int
    digest: str


async def state(venue: Venue, call: Call) -> State:  # noqa: ARG001 every handler is given both
    """Takes about a second for a million orders and balances; meanwhile nothing else is answered."""
    engine = venue.node.engine
    current = State(engine.last_sequence, engine.digest())
    await venue.settled()
    return current


def _read_deposits(venue: Venue, body: bytes) -> list[tuple[AssetListed, int]]:
    """Everything is checked before anything is done."""
    try:
        request = msgspec.json.decode(body, type=_AccountRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise missing_or_invalid("fund") from error
    owed = {asset_id: -available for asset_id, available, _ in venue.node.engine.balances(CUSTODY_ACCOUNT)}
    deposits = []
    for code, text in request.fund.items():
        asset = venue.catalogue.asset_by_code.get(code)
        if asset is None:
            raise Refused("0402")
        try:
            amount = parse_decimal(text, asset.decimals)
        except (MalformedAmount, InexactAmount) as error:
            raise Refused(-1126) from error
        if not amount:
            raise refused_by_rule(Rejection.TRANSFER_AMOUNT_NOT_POSITIVE, 0, 0)
        total = owed.get(asset.asset_id, 0) + amount
        if total > MAX_ATOMS:
            raise refused_by_rule(Rejection.ASSET_SUPPLY_ABOVE_LIMIT, MAX_ATOMS, min(total, 2**63 - 1))
        deposits.append((asset, amount))
    return deposits


ENDPOINTS = (
    Endpoint(
        "POST",
        "/lionrock/v1/sandbox/accounts",
        Security.NONE,
        1,
        open_account,
        "Open a funded account (only on a sandbox)",
        Body.JSON,
    ),
    Endpoint(
        "POST",
        "/lionrock/v1/users",
        Security.NONE,
        SIGN_IN_WEIGHT,
        sign_up,
        "Sign up with a funded account (only on a sandbox)",
        Body.JSON,
        parameters=(
            Parameter("signInName", "3 to 254 characters; letter case does not matter", is_required=True),
            Parameter("password", "12 to 256 characters", is_required=True),
            Parameter("fund", "Amounts as text by asset code, an object"),
        ),
        answer=SandboxUser,
    ),
    Endpoint("GET", "/lionrock/v1/sandbox/state", Security.NONE, 1, state, "Last command and digest of the state"),
)
