"""What an endpoint is, and what its handler sees."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol, Self

import msgspec
from prometheus_client import CollectorRegistry

from lionrock.compliance.admission.desk import AdmissionDesk
from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.attesting import AttestationDesk
from lionrock.compliance.capital.desk import CapitalDesk
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.gates.client_gates import ClientGates
from lionrock.compliance.onboarding.onboarding import Onboarding
from lionrock.compliance.papers.shelf import Shelf
from lionrock.compliance.records.records import Keeper
from lionrock.compliance.registers.registers import Registers
from lionrock.custody.wallet import Wallet
from lionrock.gateways.limits import Limits
from lionrock.gateways.replays import Replays
from lionrock.gateways.rest.answer_memory import AnswerMemory, Remember
from lionrock.gateways.rest.errors import NO_LICENCE_RULES, LicenceRules, Refused
from lionrock.gateways.rest.legal_entities import LegalEntity
from lionrock.gateways.rest.parameters import Parameters
from lionrock.journal.public_record import PublicRecord
from lionrock.node.errors import NodeStopped
from lionrock.node.node import Node
from lionrock.people.accounts import Owners, SubAccounts
from lionrock.people.api_keys import ApiKeys, Credential, Network, Right
from lionrock.people.listen_keys import ListenKeys
from lionrock.people.people import People
from lionrock.people.sessions import Session
from lionrock.people.staff.office import StaffOffice
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.sessions import StaffSession
from lionrock.rulebook.office import RulebookOffice
from lionrock.views.catalogue import Catalogue, Market
from lionrock.views.market_data import MarketData
from lionrock.views.orders import Orders
from lionrock.views.profiles import Profiles
from lionrock.views.quality import Quality
from lionrock.views.remembered import Remembered
from lionrock.views.sql.histories import Histories
from lionrock.views.trading_rules import TradingRules
from lionrock.views.valuation import Valuation
from lionrock.views.volumes import Volumes
from lionrock.words.events import CommandRejected, Event

NS_PER_MS = 1_000_000
JSON = b"application/json"


class Security(StrEnum):
    """What a request must bring."""

    NONE = "NONE"
    USER_DATA = "USER_DATA"
    """A key that may read, and a signature; or the owner's session."""
    TRADE = "TRADE"
    """A key that may trade, and a signature; or the owner's session."""
    TRANSFER = "TRANSFER"
    """A key that may transfer, and a signature; or the owner's session."""
    WITHDRAW = "WITHDRAW"
    """A key that may withdraw, and a signature; or the owner's session, with a second factor."""
    USER_STREAM = "USER_STREAM"
    """A key that may read; a signature is checked when there is one. Or the owner's session."""
    SESSION = "SESSION"
    """The cookie of a session; for a write, also the header `X-Lionrock-CSRF`."""
    MANAGE = "MANAGE"
    """A session, or a key that may manage, and a signature."""
    STAFF = "STAFF"
    """The cookie of somebody of the staff whose roles have the row's permission; for a write, also
    `X-Lionrock-CSRF`. No client's session or key will do."""

    @property
    def right(self) -> Right:
        return _RIGHTS[self]


_RIGHTS = {
    Security.NONE: Right(0),
    Security.USER_DATA: Right.READ,
    Security.TRADE: Right.TRADE,
    Security.TRANSFER: Right.TRANSFER,
    Security.WITHDRAW: Right.WITHDRAW,
    Security.USER_STREAM: Right.READ,
    Security.SESSION: Right(0),
    Security.MANAGE: Right.MANAGE,
    Security.STAFF: Right(0),
}

BY_RIGHT = frozenset((Security.USER_DATA, Security.TRADE, Security.TRANSFER, Security.WITHDRAW, Security.USER_STREAM))
"""What the owner's session does in the place of a key."""


class Body(StrEnum):
    """What the body is."""

    FORM = "FORM"
    """Parameters; signed after the query."""
    JSON = "JSON"
    """Not parameters and outside the signed text."""
    SIGNED_JSON = "SIGNED_JSON"
    """One JSON object whose members are parameters; signed after the query. The query wins over it."""


class Kind(StrEnum):
    """How the text of a parameter is read."""

    TEXT = "TEXT"
    WHOLE_NUMBER = "WHOLE_NUMBER"
    DECIMAL = "DECIMAL"
    MILLISECONDS = "MILLISECONDS"
    """Since 1970-01-01 UTC."""
    BOOLEAN = "BOOLEAN"
    """`true` or `false`."""
    TEXTS = "TEXTS"
    """A JSON array of text."""
    OBJECT = "OBJECT"
    """A JSON object."""
    AMOUNTS = "AMOUNTS"
    """A JSON object of amounts by asset code."""
    OBJECTS = "OBJECTS"
    """A JSON array of objects."""


class Parameter(msgspec.Struct, frozen=True):
    """What an endpoint reads by name, from the query, a form or a JSON object. Documents are made from it."""

    name: str
    words: str
    """One sentence without its full stop."""
    kind: Kind = Kind.TEXT
    is_required: bool = False
    choices: tuple[str, ...] = ()
    """The only values it may have, or each of its texts; none for any."""
    example: str = ""
    members: tuple[Parameter, ...] = ()
    """Of an object or each of the objects."""
    most: int = 0
    """How many an array may have; 0 where that is not bounded."""
    shapes: tuple[object, ...] = ()
    """Types of the JSON that stands there, one of them, where it is more than the kind says."""


AUTHENTICATION = (
    Parameter("timestamp", "When the request was made, by the client's clock", Kind.MILLISECONDS, is_required=True),
    Parameter("recvWindow", "For how long after `timestamp` the request is good; 5000 unless sent", Kind.WHOLE_NUMBER),
    Parameter("signature", "HMAC-SHA256 of the text as it is sent, as hex digits", is_required=True),
)
"""What every signed request carries; no row of the table repeats it."""

_AUTHENTICATION_NAMES = frozenset(parameter.name for parameter in AUTHENTICATION)


class Rows(msgspec.Struct, frozen=True):
    """A JSON body that is an array of objects with the same parameters."""

    parameters: tuple[Parameter, ...]
    most: int
    """How many objects it may have."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.parameters)


class Media(msgspec.Struct, frozen=True):
    """An answer that is no JSON."""

    types: tuple[str, ...]
    """Of its content, as in the header."""


class Profile(msgspec.Struct, frozen=True):
    """What the interface says about the site beyond what its ledger knows."""

    site_tag: str
    """`HK`, `MENA` or `BMU`."""
    money: frozenset[str] = frozenset()
    """Codes of assets that are money of a state, not tokens."""
    asset_names: Mapping[str, str] = {}
    """Full names by code."""
    requires_second_factor: bool = False
    """Whether a session without one may do nothing but set one up."""
    title: str = ""
    entities: tuple[LegalEntity, ...] = ()
    """None where the site belongs to nobody, as a sandbox does."""
    allows_self_trades: bool = False
    """Whether an order may ask to trade with its own owner's; a licensed venue does not let it."""


class Reason(msgspec.Struct, frozen=True):
    """Why a site is not ready."""

    code: str
    words: str


class Readiness(msgspec.Struct, frozen=True):
    """Ready without a reason."""

    reasons: list[Reason]
    figures: dict[str, int]


class Probes(msgspec.Struct, frozen=True):
    """What the endpoints for monitors work with."""

    readiness: Callable[[], Readiness]
    registry: CollectorRegistry
    shows_to: Callable[[str], bool]
    """Whether a client at this address may read the metrics."""
    remarks: list[Callable[[], Reason | None]] = []
    """What readiness tells beside: things that are not as they should be and keep nobody from trading."""


class StatementRefused(Exception):
    """No statement can be given; says why and what to do."""

    def __init__(self, name: str, words: str, next_step: str) -> None:
        super().__init__(words)
        self.name, self.words, self.next_step = name, words, next_step


class MakeStatement(Protocol):
    """Makes the statement of an account; times are nanoseconds since 1970, the second is not included.

    Raises `StatementRefused`.
    """

    async def __call__(self, account_id: int, from_ns: int, until_ns: int, file_format: str) -> bytes: ...


class ClientAccounts(msgspec.Struct, frozen=True):
    """What the venue knows of its clients' accounts beyond their balances."""

    owners: Owners
    sub_accounts: SubAccounts
    wallet: Wallet
    volumes: Volumes
    valuation: Valuation | None
    """None where the site names no asset to value in."""
    tier_volumes: Sequence[str] = ()
    """Least 30-day volume by tier, from tier 0, in whole units of the valuation asset."""


class Traffic(msgspec.Struct):
    """What is remembered of requests, and who stands between the clients and the site."""

    limits: Limits | None = None
    """None for no limits."""
    replays: Replays = msgspec.field(default_factory=Replays)
    proxies: tuple[Network, ...] = ()
    """Networks of proxies whose `X-Forwarded-For` is believed."""


class Assessed(msgspec.Struct, frozen=True):
    """What endpoints about a client's assessments work with."""

    assessments: Assessments
    gates: ClientGates
    clock: ClientClock
    citations: Mapping[str, str] = {}
    """Where a rule stands, by its id."""


class Venue(msgspec.Struct):
    """Everything a handler works with."""

    node: Node
    catalogue: Catalogue
    orders: Orders
    market_data: MarketData
    keys: ApiKeys
    listen_keys: ListenKeys
    clock: Callable[[], int]
    """Nanoseconds since 1970."""
    profile: Profile
    client_order_key: Callable[[int, str], int]
    """What the core knows a client's own order id by: a keyed hash of account and text, the same at every start."""
    clients: ClientAccounts
    answers: AnswerMemory
    """To writes that leave nothing in the journal."""
    probes: Probes | None = None
    people: People | None = None
    traffic: Traffic = msgspec.field(default_factory=Traffic)
    remembered: Remembered = msgspec.field(default_factory=Remembered)
    trading_rules: TradingRules = msgspec.field(default_factory=TradingRules)
    profiles: Profiles | None = None
    """What compliance lets each account do."""
    remember: Remember | None = None
    """Of a request with an idempotency key: writes its answer in the transaction of what it does."""
    repeated: list[list[Event]] | None = None
    """Of a request that was carried out before: the events of its commands. None for any other."""
    histories: Histories | None = None
    """The read models in SQL."""
    make_statement: MakeStatement | None = None
    assessed: Assessed | None = None
    """What is found out about clients; None on a site that does not assess any."""
    licence_rules: LicenceRules = NO_LICENCE_RULES
    """Rules of the site's licences by the core's rejection that carries them out."""
    staff: StaffOffice | None = None
    """The operator's people."""
    registers: Registers | None = None
    """Complaints, incidents, and what else must be answered or told."""
    capital: CapitalDesk | None = None
    """The operator's money, and what the regulator is told of it."""
    keeper: Keeper | None = None
    """For how long records are kept, holds and erasures."""
    admission: AdmissionDesk | None = None
    """Which tokens are offered to whom."""
    attesting: AttestationDesk | None = None
    """What the staff states and signs, and the documents for it."""
    rulebook: RulebookOffice | None = None
    """What the licences ask, and the evidence; None for a directory that no site was chosen for."""
    onboarding: Onboarding | None = None
    """How people and companies become clients."""
    papers: Shelf | None = None
    """Contract notes, statements, receipts."""
    is_sandbox: bool = False
    quality: Quality | None = None
    """What is measured of the markets."""
    record: PublicRecord | None = None
    """Checkpoints, and proofs under them."""
    opening: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)
    """Held while a sandbox account is opened and funded, so that what was checked holds until it is done."""

    def now_ms(self) -> int:
        return self.clock() // NS_PER_MS

    async def settled(self) -> None:
        """Returns when all that was read so far is durable; what is shown then cannot be taken back.

        Raises `NodeStopped`: the read changed nothing, and what it would show may not be so.
        """
        try:
            await self.node.settled()
        except NodeStopped as stopped:
            raise NodeStopped(stopped.reason, outcome_known=True) from stopped


class Reply(msgspec.Struct, frozen=True):
    """An answer that is not the contract's: with a status and a type of its own."""

    status: int
    content_type: bytes
    payload: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """More of them, names in lower case."""

    @classmethod
    def json(cls, status: int, body: object) -> Self:
        return cls(status, JSON, msgspec.json.encode(body))


NO_ACCOUNT: dict[str, object] = {
    "rejection": 21_160,
    "name": "no_account_yet",
    "words": "this needs an account, and none is open yet",
    "figures": {},
    "next_step": "Apply under /lionrock/v1/onboarding; the account opens when the application is approved.",
}


class Call(msgspec.Struct):
    """One request."""

    parameters: Parameters
    body: bytes
    credential: Credential | None
    client_host: str = ""
    """Address it came from; empty where that is not known."""
    session: Session | None = None
    headers: Mapping[bytes, bytes] = {}
    """By lower-case name."""
    staff: StaffSession | None = None
    """Who of the staff asks; only behind an endpoint for staff."""

    @property
    def second_factor(self) -> str:
        """The code that came in the header `X-TWO-FA-TOKEN`; empty for none."""
        return self.headers.get(b"x-two-fa-token", b"").decode("latin-1")

    @property
    def account_id(self) -> int:
        """The account the request acts for; only behind an endpoint that asks for a key or a session."""
        if self.credential is not None:
            return self.credential.account_id
        if self.session is not None and self.session.account_id:
            return self.session.account_id
        if self.session is not None:
            raise Refused(-1160, details=NO_ACCOUNT)
        raise Refused("0102")


Handler = Callable[[Venue, Call], Awaitable[object]]


class Endpoint(msgspec.Struct, frozen=True):
    """One row of the table of endpoints."""

    method: str
    path: str
    security: Security
    weight: int
    """Cost against a client's rate limit."""
    handler: Handler
    summary: str
    body: Body = Body.FORM
    shows_state: bool = True
    """What it answers depends on what was done so far."""
    parameters: tuple[Parameter, ...] = ()
    """All it reads, besides those of authentication."""
    answer: object = None
    """Type of the answer, for its JSON schema; a tuple where it is one of several, `Media` where it is no JSON. None
    where nothing is answered but refusals."""
    sends: object = None
    """Type of a JSON body, or `Rows`, where it is not an object of `parameters`."""
    is_strict: bool = False
    """Whether a name it does not know is refused; the contract ignores one."""
    permission: Permission | None = None
    """What the roles of the staff must have; of endpoints for staff, and of no others."""
    names: frozenset[str] = frozenset()
    """Of all it may read; follows from `parameters`."""
    right: int = 0
    """Bits that a key needs; follows from `security`."""

    def __post_init__(self) -> None:
        if (self.permission is not None) != (self.security is Security.STAFF):
            raise TypeError(f"{self.method} {self.path}: an endpoint for staff names a permission, and no other does")
        names = frozenset(parameter.name for parameter in self.parameters)
        msgspec.structs.force_setattr(self, "names", names | _AUTHENTICATION_NAMES)
        msgspec.structs.force_setattr(self, "right", int(self.security.right))


def refusal_in(events: list[Event]) -> CommandRejected | None:
    """Why a command was refused, if it was; before that stands whatever was due by its time (spec/expiry.md)."""
    for event in events:
        if isinstance(event, CommandRejected):
            return event
    return None


def quoted_market(venue: Venue, parameters: Parameters) -> Market:
    """The market a market-data request names."""
    symbol = parameters.text("symbol")
    if symbol is None:
        raise Refused(-100012, "symbol")
    market = venue.catalogue.market_by_symbol.get(symbol)
    if market is None:
        raise Refused(-100011)
    return market


def quoted_markets(venue: Venue, parameters: Parameters) -> list[Market]:
    """The market a ticker request names, or all of them."""
    if parameters.text("symbol") is None:
        return list(venue.catalogue.markets.values())
    return [quoted_market(venue, parameters)]


def traded_market(venue: Venue, parameters: Parameters) -> Market | None:
    """The market a signed request names, if it names one."""
    symbol = parameters.text("symbol")
    if symbol is None:
        return None
    market = venue.catalogue.market_by_symbol.get(symbol)
    if market is None:
        raise Refused("0201")
    return market


def own_account(call: Call) -> int:
    """The account of a request that may name one. A key sees its own account only."""
    named = call.parameters.text("accountId")
    if named is not None and named != str(call.account_id):
        raise Refused("0104")
    return call.account_id


def readable_account(venue: Venue, call: Call, name: str = "accountId") -> int:
    """The account whose data is asked for: the key's own, or a sub-account of it that the parameter names."""
    named = call.parameters.text(name)
    if named is None or named == str(call.account_id):
        return call.account_id
    for account_id in venue.clients.owners.sub_accounts(call.account_id):
        if named == str(account_id):
            return account_id
    raise Refused("0104")
