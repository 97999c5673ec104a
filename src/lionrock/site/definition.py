"""What a site is: the file `sites/<id>.toml`, with its legal entities, licences, assets, markets and fees.

A data directory holds one site. Its definition is copied there at the first start as `site.toml`; the copy is what
counts from then on, so that a later version of the program does not change a licensed venue by itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from lionrock.compliance.onboarding.missing import Requirements
from lionrock.custody.chains import Chains, Terms
from lionrock.gateways.rest.contract import Profile
from lionrock.gateways.rest.legal_entities import LegalEntity, LicenceHeld
from lionrock.rulebook.calendars import CALENDARS
from lionrock.site.belonging import site_of
from lionrock.site.client_accounts import Arrangements
from lionrock.words.amounts import InexactAmount, MalformedAmount, parse_decimal
from lionrock.words.commands import ListMarket, SetMarketRules
from lionrock.words.enumerations import AccountKind, ClientClass, FeeCurrency

FILE_NAME = "site.toml"
_SITES = Path(__file__).with_name("sites")
_PREFACE = """\
# Read at the first start alone, and then changed by the staff, not here: id, code and decimals of [[assets]],
# [[accounts]], the rates of [[tiers]], and [[markets]] but for auction_seconds. All else is read at each start.

"""
_PPM = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]


class DefinitionInvalid(Exception):
    """The file does not describe a site; every complaint names what it is about."""

    def __init__(self, path: Path, complaints: list[str]) -> None:
        super().__init__(f"{path}: {'; '.join(complaints)}")
        self.complaints = complaints


class AnotherSite(Exception):
    """The data directory belongs to another site than the one that was asked for, or than its file says."""


class UnknownSite(Exception):
    """No definition of this name comes with the program."""

    def __init__(self, site_id: str) -> None:
        super().__init__(f"there is no site {site_id}; those that come with the program: {', '.join(known_sites())}")


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class About(_Section, frozen=True):
    """Section `[site]`."""

    id: str
    title: str
    tag: str
    """`HK`, `MENA` or `BMU` in the public contract."""
    jurisdiction: str
    """ISO 3166-1 code of the place, or EU."""
    time_zone: str
    calendar: str
    """Whose business days count."""
    languages: tuple[str, ...]
    """BCP 47 tags; the first is what a client reads who asks for none of them."""
    reporting_currency: str
    valuation_asset: str
    """In which exposure and volumes are counted; an asset of the site."""


class Entity(_Section, frozen=True):
    """A legal entity."""

    number: Annotated[int, msgspec.Meta(ge=1, le=65_535)]
    """In `SetAccountProfile` and `SetMarketRules`; permanent."""
    code: str
    title: str
    holds: tuple[str, ...]
    """Kinds of ledger accounts that stand under it, such as CLIENT. Each kind stands under one entity."""


class Licence(_Section, frozen=True):
    """What an entity may do, and the pack of rules that comes with it."""

    id: str
    pack: str
    """File of `rulebook/packs`."""
    entity: str
    """Code of who holds it."""
    reference: str = ""
    """The regulator's number; empty until there is one."""


class Product(_Section, frozen=True):
    """What can be traded, by its bit in an account's products."""

    bit: Annotated[int, msgspec.Meta(ge=0, le=31)]
    name: str
    classes: tuple[str, ...]
    """Client classes that may have it, in small letters."""


class Asset(_Section, frozen=True):
    """What the ledger counts."""

    id: int
    code: str
    name: str
    decimals: int
    is_money: bool = False
    value: str = ""
    """Of money and of what keeps to it: one unit in the valuation asset, decimal text."""


class MarketTerms(_Section, frozen=True):
    """A market. Prices are decimal text in quote, sizes in base."""

    id: int
    symbol: str
    base: str
    quote: str
    fee_currency: str
    tick: str
    lot: str
    max_price: str
    max_size: str
    min_notional: str
    max_notional: str
    product: str = "spot"
    classes: tuple[str, ...] = ("retail", "professional", "institutional")
    price_deviation_ppm: int = 0
    """How far past the last trade a limit may reach; 0 for no limit."""
    max_order_value: str = "0"
    """In quote; 0 for what `max_notional` says."""
    band_ppm: int = 0
    """How far a trade may be from the last one before an auction is held; 0 for no band."""
    auction_seconds: int = 120
    """For how long such an auction collects orders before trading goes on; 0 for as long as the staff lets it."""


class Tier(_Section, frozen=True):
    """Rates of one fee tier, in parts per million, and the 30-day volume from which it is earned."""

    maker_ppm: _PPM
    taker_ppm: _PPM
    volume: str
    """In whole units of the valuation asset."""


class OwnAccount(_Section, frozen=True):
    """An account of the site's own, opened at the first start."""

    id: int
    kind: str
    """Name of an `AccountKind`."""


class ChainTerms(_Section, frozen=True):
    """Section `[chains]`."""

    terms: tuple[Terms, ...] = ()
    other_names: dict[str, str] = {}


class Definition(_Section, frozen=True):
    """The whole file."""

    site: About
    entities: tuple[Entity, ...]
    licences: tuple[Licence, ...]
    products: tuple[Product, ...]
    accounts: tuple[OwnAccount, ...]
    assets: tuple[Asset, ...]
    markets: tuple[MarketTerms, ...]
    tiers: tuple[Tier, ...]
    onboarding: Requirements
    """What an application to be a client must have."""
    identity_provider: str = ""
    """`simulated` on a site to try things on; empty where people look at every application."""
    assessment_terms: str = "terms-base.toml"
    """File of `compliance/assessments/methods`: what is asked of clients under the site's licences."""
    agreement_clauses: dict[str, dict[str, str]] = {}
    """By agreement and name, the SHA-256 of clauses that its text must hold word for word, as counsel entered them."""
    chains: ChainTerms = ChainTerms()
    retention_days: dict[str, int] = {}
    """Longer times than the licences ask for, by class of records."""
    settings: dict[str, int | str] = {}
    """What the site declares of itself to its rules, such as `product.credit = "forbidden"`."""

    def account_of_kind(self, kind: AccountKind) -> int:
        """The site's first account of a kind; 0 when it has none."""
        return next((account.id for account in self.accounts if account.kind == kind.name), 0)

    def entity_of_kind(self, kind: AccountKind) -> Entity:
        """Under which entity accounts of a kind stand. Every kind has one, or the file is refused."""
        return next(entity for entity in self.entities if kind.name in entity.holds)

    def asset(self, code: str) -> Asset:
        """Raises `KeyError`."""
        found = next((asset for asset in self.assets if asset.code == code), None)
        if found is None:
            raise KeyError(code)
        return found

    def profile(self, *, is_sandbox: bool = False) -> Profile:
        """What the public interface says of the site; a sandbox is to be tried with a password alone."""
        return Profile(
            site_tag=self.site.tag,
            money=frozenset(asset.code for asset in self.assets if asset.is_money),
            asset_names={asset.code: asset.name for asset in self.assets},
            title=self.site.title,
            entities=() if is_sandbox else tuple(self._legal_entity(entity) for entity in self.entities),
            requires_second_factor=not is_sandbox and self.settings.get("login.second_factor_required") == "yes",
            allows_self_trades=is_sandbox,
        )

    def _legal_entity(self, entity: Entity) -> LegalEntity:
        held = (licence for licence in self.licences if licence.entity == entity.code)
        return LegalEntity(
            entity.code, entity.title, tuple(LicenceHeld(licence.id, licence.reference) for licence in held)
        )

    def arrangements(self) -> Arrangements:
        """What wallets and fee tiers work with."""
        return Arrangements(
            chains=Chains(self.chains.terms, self.chains.other_names),
            custody_account_id=self.account_of_kind(AccountKind.CUSTODY),
            suspense_entity=self.entity_of_kind(AccountKind.SUSPENSE).number,
            valuation_asset=self.site.valuation_asset,
            money_rates={asset.code: asset.value for asset in self.assets if asset.value},
            tier_volumes=tuple(tier.volume for tier in self.tiers),
        )

    def listing(self, market: MarketTerms) -> ListMarket:
        """The command that lists a market. Raises `InexactAmount`, `MalformedAmount` and `KeyError`."""
        base, quote = self.asset(market.base), self.asset(market.quote)
        tick = parse_decimal(market.tick, quote.decimals)
        lot = parse_decimal(market.lot, base.decimals)
        return ListMarket(
            market_id=market.id,
            base_asset_id=base.id,
            quote_asset_id=quote.id,
            fee_currency=FeeCurrency[market.fee_currency],
            symbol=market.symbol,
            tick_quote_atoms=tick,
            lot_base_atoms=lot,
            max_price_ticks=_steps(market.max_price, quote.decimals, tick),
            max_size_lots=_steps(market.max_size, base.decimals, lot),
            min_notional_atoms=parse_decimal(market.min_notional, quote.decimals),
            max_notional_atoms=parse_decimal(market.max_notional, quote.decimals),
            fee_account_id=self.account_of_kind(AccountKind.FEE),
        )

    def rules(self, market: MarketTerms) -> SetMarketRules:
        """The command that says who may trade there. Accounts of clients, which stand under their entity, may."""
        product = next(product for product in self.products if product.name == market.product)
        admitted = set(market.classes) & set(product.classes)
        return SetMarketRules(
            market_id=market.id,
            legal_entity=self.entity_of_kind(AccountKind.CLIENT).number,
            admitted_classes=sum(1 << ClientClass[name.upper()] for name in admitted),
            price_deviation_ppm=market.price_deviation_ppm,
            max_order_value_atoms=parse_decimal(market.max_order_value, self.asset(market.quote).decimals),
            product=product.bit,
        )


def _steps(text: str, decimals: int, step: int) -> int:
    """Whole steps in an amount. Raises `InexactAmount` when they do not fit."""
    whole, rest = divmod(parse_decimal(text, decimals), step)
    if rest:
        raise InexactAmount(f"{text} is no multiple of its step")
    return whole


def known_sites() -> list[str]:
    """Ids of the definitions that come with the program."""
    return sorted(path.stem for path in _SITES.glob("*.toml"))


def read_definition(site_id: str) -> Definition:
    """A definition that comes with the program. Raises `DefinitionInvalid` and `UnknownSite`."""
    if site_id not in known_sites():
        raise UnknownSite(site_id)
    return _read(_SITES / f"{site_id}.toml")


def definition_of(directory: Path) -> Definition | None:
    """Of the site whose data directory this is; None where none was chosen.

    Raises `DefinitionInvalid`, and `AnotherSite` where the database belongs to a site whose file this is not.
    """
    path = directory / FILE_NAME
    definition = _read(path) if path.exists() else None
    owner = site_of(directory, known_sites())
    if owner is not None and definition is None:
        raise AnotherSite(f"{directory} has no {FILE_NAME} and belongs to the site {owner}: put the site's own back")
    if owner is not None and definition is not None and definition.site.id != owner:
        raise AnotherSite(
            f"{path} is of the site {definition.site.id}, and {directory} belongs to the site {owner}: put the site's "
            "own back"
        )
    return definition


def choose(directory: Path, site_id: str) -> Definition:
    """Make this the site of a data directory, once and for all.

    Raises `AnotherSite`, `DefinitionInvalid`, `UnknownSite` and `OSError`.
    """
    chosen = definition_of(directory)
    if chosen is None:
        definition = read_definition(site_id)
        directory.mkdir(parents=True, exist_ok=True)
        draft = directory / f"{FILE_NAME}.draft"
        draft.write_bytes(_PREFACE.encode() + (_SITES / f"{site_id}.toml").read_bytes())
        draft.replace(directory / FILE_NAME)
        return definition
    if chosen.site.id != site_id:
        raise AnotherSite(f"{directory} belongs to the site {chosen.site.id}; give {site_id} another directory")
    return chosen


def _read(path: Path) -> Definition:
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        definition = msgspec.convert(told, Definition)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise DefinitionInvalid(path, [str(error)]) from error
    if complaints := list(_complaints(definition)):
        raise DefinitionInvalid(path, complaints)
    return definition


def _complaints(definition: Definition) -> Iterator[str]:
    for words, values in _that_must_differ(definition):
        if repeated := sorted({str(value) for value in values if values.count(value) > 1}):
            yield f"{words} stands twice: {', '.join(repeated)}"
    held = [kind for entity in definition.entities for kind in entity.holds]
    yield from (f"no entity holds accounts of kind {kind.name}" for kind in AccountKind if kind.name not in held)
    yield from (f"there is no kind of account {kind}" for kind in held if kind not in AccountKind.__members__)
    codes = {entity.code for entity in definition.entities}
    yield from (
        f"licence {licence.id}: there is no entity {licence.entity}"
        for licence in definition.licences
        if licence.entity not in codes
    )
    yield from _complaints_about_the_place(definition.site)
    yield from _complaints_about_accounts(definition)
    yield from _complaints_about_markets(definition)


def _complaints_about_the_place(site: About) -> Iterator[str]:
    try:
        ZoneInfo(site.time_zone)
    except (KeyError, ValueError, OSError):  # what is no name at all, and a directory of the zones
        yield f"there is no time zone {site.time_zone}"
    if site.calendar not in CALENDARS:
        yield f"there is no calendar {site.calendar}; there are {', '.join(sorted(CALENDARS))}"


def _that_must_differ(definition: Definition) -> list[tuple[str, list[Any]]]:
    return [
        ("entity number", [entity.number for entity in definition.entities]),
        ("entity code", [entity.code for entity in definition.entities]),
        ("kind of account held", [kind for entity in definition.entities for kind in entity.holds]),
        ("product", [product.name for product in definition.products]),
        ("product bit", [product.bit for product in definition.products]),
        ("account id", [account.id for account in definition.accounts]),
        ("asset id", [asset.id for asset in definition.assets]),
        ("asset code", [asset.code for asset in definition.assets]),
        ("market id", [market.id for market in definition.markets]),
        ("market symbol", [market.symbol for market in definition.markets]),
        ("licence", [licence.id for licence in definition.licences]),
    ]


def _complaints_about_accounts(definition: Definition) -> Iterator[str]:
    for account in definition.accounts:
        if account.kind not in AccountKind.__members__ or account.kind == AccountKind.CLIENT.name:
            yield f"account {account.id}: {account.kind} is no kind of account of the site's own"
    for kind in (AccountKind.CUSTODY, AccountKind.FEE):
        if not definition.account_of_kind(kind):
            yield f"there is no account of kind {kind.name}"
    if definition.site.valuation_asset not in {asset.code for asset in definition.assets}:
        yield f"the valuation asset {definition.site.valuation_asset} is no asset of the site"


def _complaints_about_markets(definition: Definition) -> Iterator[str]:
    products = {product.name for product in definition.products}
    for product in definition.products:
        yield from _unknown_classes(f"product {product.name}", product.classes)
    for market in definition.markets:
        yield from _unknown_classes(f"market {market.symbol}", market.classes)
        if market.product not in products:
            yield f"market {market.symbol}: there is no product {market.product}"
            continue
        try:
            definition.listing(market)
            definition.rules(market)
        except KeyError as error:
            yield f"market {market.symbol}: there is no {error.args[0]}"
        except (InexactAmount, MalformedAmount) as error:
            yield f"market {market.symbol}: {error}"


def _unknown_classes(place: str, classes: tuple[str, ...]) -> Iterator[str]:
    known = {each.name.lower() for each in ClientClass} - {ClientClass.UNCLASSIFIED.name.lower()}
    yield from (f"{place}: there is no client class {name}" for name in classes if name not in known)
