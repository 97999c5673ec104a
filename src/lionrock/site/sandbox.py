"""A site to try things on: it lists assets and markets by itself and gives funded accounts to whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import msgspec

from lionrock.gateways.rest.contract import Body, Call, Endpoint, Kind, Parameter, Security, Venue, refusal_in
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.reasons import refused_by_core, refused_by_rule
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.gateways.rest.sign_in import SIGN_IN_WEIGHT, people_of
from lionrock.people.api_keys import ALL_RIGHTS, Credential, Right
from lionrock.people.passwords import is_acceptable
from lionrock.people.users import NameTaken, is_acceptable_name
from lionrock.site.definition import read_definition
from lionrock.site.establishing import ALL_PRODUCTS, carry_out, still_to_list
from lionrock.site.site import Site
from lionrock.views.telling import About, about
from lionrock.views.trading_rules import TradingRules
from lionrock.words.amounts import InexactAmount, MalformedAmount, parse_decimal
from lionrock.words.commands import Command, OpenAccount, SetAccountProfile, Transfer
from lionrock.words.enumerations import AccountKind, AccountRestriction, ClientClass, TransferPurpose
from lionrock.words.events import AccountOpened, AssetListed
from lionrock.words.limits import MAX_ATOMS
from lionrock.words.rejections import Rejection

CUSTODY_ACCOUNT = 1
FIRST_MAKER_ACCOUNT = 101
"""Accounts of clients that live beside the sandbox; the same at every start, so that each finds what it left."""

DEFINITION = read_definition("hk")
"""What a sandbox is made from; whoever asks may trade in all of its markets."""
PROFILE = DEFINITION.profile(is_sandbox=True)
ARRANGEMENTS = DEFINITION.arrangements()


async def seed(site: Site) -> None:
    """List what is not listed yet; a site that was seeded before is left as it is."""
    for command in still_to_list(site.catalogue, DEFINITION):
        await carry_out(site.node, command)


async def standing_account(site: Site, account_id: int, funds: Mapping[str, str]) -> Credential:
    """An account of that id and a new key for it. It is opened once; what it has nothing of is deposited."""
    if account_id not in site.catalogue.accounts:
        await carry_out(site.node, OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT))
        for profile in _profile_of(site.trading_rules, account_id):
            await carry_out(site.node, profile)
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
            await carry_out(site.node, deposit)
    account = site.catalogue.accounts[account_id]
    return await asyncio.to_thread(site.keys.create, account, Right.READ | Right.TRADE)


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
    transfers: list[Command] = [
        Transfer(
            asset_id=asset.asset_id,
            debit_account_id=CUSTODY_ACCOUNT,
            credit_account_id=opened.account_id,
            amount_atoms=amount,
            purpose=TransferPurpose.DEPOSIT,
        )
        for asset, amount in deposits
    ]
    given = [*_profile_of(venue.trading_rules, opened.account_id), *transfers]
    for command, answer in zip(given, await venue.node.submit_all([(command, b"") for command in given]), strict=True):
        refused = refusal_in(answer)
        if refused is not None:
            raise refused_by_core(refused, about(venue.catalogue, command))
    return opened


def _profile_of(rules_of_markets: TradingRules, account_id: int) -> Iterator[Command]:
    """Where markets ask who trades, the account is a professional client's under the entity that they name."""
    rules = next(iter(rules_of_markets.rules.values()), None)
    if rules is not None:
        yield SetAccountProfile(
            account_id=account_id,
            legal_entity=rules.legal_entity,
            products=ALL_PRODUCTS,
            client_class=ClientClass.PROFESSIONAL,
            restriction=AccountRestriction.NONE,
            open_order_cap=0,
        )


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
            raise refused_by_rule(Rejection.TRANSFER_AMOUNT_NOT_POSITIVE, 0, 0, About(held=asset))
        total = owed.get(asset.asset_id, 0) + amount
        if total > MAX_ATOMS:
            raise refused_by_rule(Rejection.ASSET_SUPPLY_ABOVE_LIMIT, MAX_ATOMS, total, About(held=asset))
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
