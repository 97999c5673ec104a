"""A site to try things on: it lists assets and markets by itself and gives funded accounts to whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import msgspec

from lionrock.custody.chains import Chains, Terms
from lionrock.gateways.rest.contract import Body, Call, Endpoint, Kind, Parameter, Profile, Security, Venue, refusal_in
from lionrock.gateways.rest.errors import Refused, missing_or_invalid, refused_by_core, refused_by_rule
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.gateways.rest.sign_in import SIGN_IN_WEIGHT, people_of
from lionrock.people.api_keys import ALL_RIGHTS, Credential, Right
from lionrock.people.passwords import is_acceptable
from lionrock.people.users import NameTaken, is_acceptable_name
from lionrock.site.client_accounts import Arrangements
from lionrock.site.site import Site
from lionrock.words.amounts import InexactAmount, MalformedAmount, parse_decimal
from lionrock.words.commands import Command, ListAsset, ListMarket, OpenAccount, SetFeeTier, Transfer
from lionrock.words.enumerations import AccountKind, FeeCurrency, TransferPurpose
from lionrock.words.events import AccountOpened, AssetListed
from lionrock.words.faults import Fault
from lionrock.words.limits import MAX_ATOMS
from lionrock.words.rejections import Rejection, explain

CUSTODY_ACCOUNT, FEE_ACCOUNT = 1, 2
FIRST_MAKER_ACCOUNT = 101
"""Accounts of clients that live beside the sandbox; the same at every start, so that each finds what it left."""

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


TIER_VOLUMES = ("0", "1000000", "5000000", "10000000", "50000000", "200000000", "400000000", "800000000")
"""Dollars in 30 days for VIP 0 to 7: the steps of the same schedule."""

CHAINS = Chains(
    (
        Terms("BTC", "BTC", "CHAIN_TOKEN", 2, "0.0001", "0.0002", "0.001", "100"),
        Terms("ETH", "ETH", "CHAIN_TOKEN", 3, "0.001", "0.002", "0.01", "1000"),
        Terms("USDT", "ETH", "ERC20_TOKEN", 3, "1", "4", "10", "1000000"),
        Terms("USDT", "Tron", "TRC20_TOKEN", 3, "1", "1", "10", "1000000"),
    ),
    {"Bitcoin": "BTC", "ERC20": "ETH", "TRC20": "Tron"},
)
"""Confirmations, least deposit, fee, least and largest withdrawal: few blocks and small fees, to try things quickly."""

ARRANGEMENTS = Arrangements(
    chains=CHAINS,
    custody_account_id=CUSTODY_ACCOUNT,
    valuation_asset="USD",
    # The Hong Kong dollar is kept between 7.75 and 7.85 for one US dollar; this is 1 / 7.8, cut.
    money_rates={"USD": "1", "USDT": "1", "HKD": "0.128205"},
    tier_volumes=TIER_VOLUMES,
)


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
        await _carry_out(site, command)


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


async def standing_account(site: Site, account_id: int, funds: Mapping[str, str]) -> Credential:
    """An account of that id and a new key for it. It is opened once; what it has nothing of is deposited."""
    if account_id not in site.catalogue.accounts:
        await _carry_out(site, OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT))
    held = {asset_id for asset_id, available, held in site.node.engine.balances(account_id) if available + held}
    for code, amount in funds.items():
        asset = site.catalogue.asset_by_code.get(code)
        if asset is not None and asset.asset_id not in held:
            deposit = Transfer(
                asset_id=asset.asset_id,
                debit_account_id=CUSTODY_ACCOUNT,
                credit_account_id=account_id,
                amount_atoms=parse_decimal(amount, asset.decimals),
                purpose=TransferPurpose.DEPOSIT,
            )
            await _carry_out(site, deposit)
    account = site.catalogue.accounts[account_id]
    return await asyncio.to_thread(site.keys.create, account, Right.READ | Right.TRADE)


async def _carry_out(site: Site, command: Command) -> None:
    """Raises `Fault` when it is refused."""
    refused = refusal_in(await site.node.submit(command))
    if refused is not None:
        raise Fault(explain(refused.rejection, refused.first_figure, refused.second_figure))


class AccountRequest(msgspec.Struct):
    """What a new account is to have."""

    fund: dict[str, str] = {}
    """Amounts by asset code, as text."""


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
    """One at a time, so that what `_read_deposits` found possible is so until it is done.

    A deposit from a chain that takes the last room of an asset in between leaves the account with less, and a refusal.
    """
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
        request = msgspec.json.decode(body, type=AccountRequest)
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
        answer=SandboxAccount,
        sends=AccountRequest,
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/sandbox/state",
        Security.NONE,
        1,
        state,
        "Last command and digest of the state",
        answer=State,
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
            Parameter("fund", "What the account begins with", Kind.AMOUNTS),
        ),
        answer=SandboxUser,
    ),
)
