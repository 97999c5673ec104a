"""The closed lists that commands and events share. A number is permanent: journals carry it for years."""

from enum import IntEnum


class Side(IntEnum):
    """Which way an order goes, seen from the base asset."""

    BUY = 1
    """Pays quote, receives base."""
    SELL = 2
    """Pays base, receives quote."""


class OrderType(IntEnum):
    """How an order names its price."""

    LIMIT = 1
    """At the given price or better."""
    MARKET = 2
    """At whatever the book offers; sized in base lots or in an amount of quote, never both."""


class TimeInForce(IntEnum):
    """What happens to the part of an order that cannot trade at once."""

    GOOD_TILL_CANCELLED = 1
    """It rests in the book."""
    IMMEDIATE_OR_CANCEL = 2
    """It is cancelled. The only choice for a market order."""
    FILL_OR_KILL = 3
    """If the whole cannot trade at once, nothing does."""
    GOOD_TILL_DATE = 4
    """It rests until its expiry time."""
    DAY = 5
    """It rests until its market closes."""


class SelfTradePrevention(IntEnum):
    """What happens when an order would trade with one of its own beneficial owner. The incoming one's mode decides."""

    NONE = 0
    """They trade like any others. Not for clients of a licensed venue."""
    EXPIRE_TAKER = 1
    """What is left of the incoming order is cancelled."""
    EXPIRE_MAKER = 2
    """The resting order is cancelled, and the incoming one goes on."""
    EXPIRE_BOTH = 3
    """Both are cancelled."""
    DECREMENT = 4
    """Both shrink by the smaller of the two, without a trade; whichever has nothing left is cancelled."""


class Trigger(IntEnum):
    """What an order waits for before it comes in."""

    NONE = 0
    """Nothing: it comes in at once."""
    STOP = 1
    """A trade at its trigger price or worse for who waits: at or above it for a buy, at or below it for a sell."""
    TAKE_PROFIT = 2
    """A trade at its trigger price or better: at or below it for a buy, at or above it for a sell."""


class ClientClass(IntEnum):
    """What a client was found to be. Numbers are the bits' positions in a market's admitted classes."""

    UNCLASSIFIED = 0
    """Nobody has decided yet."""
    RETAIL = 1
    """Owed the most protection."""
    PROFESSIONAL = 2
    """A professional investor under the site's rules."""
    INSTITUTIONAL = 3
    """A corporate or institutional professional."""


class AccountRestriction(IntEnum):
    """What an account may not do for the time being."""

    NONE = 0
    """Nothing is forbidden."""
    FROZEN = 1
    """No new or amended orders, and nothing leaves it by transfer. Cancelling stays possible."""
    REDUCE_ONLY = 2
    """No buying."""


class MarketPhase(IntEnum):
    """What a market does with orders at the moment."""

    CONTINUOUS = 1
    """They trade as they come in."""
    PRE_OPEN = 2
    """They are collected for an auction; nothing trades."""
    VOLATILITY_AUCTION = 3
    """They are collected because a trade would have left the price band."""
    HALTED = 4
    """Nothing moves: no orders, no amendments, no cancelling."""
    CANCEL_ONLY = 5
    """Orders can only be taken back."""
    CLOSED = 6
    """Orders can only be taken back; those for the day have ended."""


class KillSwitchScope(IntEnum):
    """How far a kill switch reaches."""

    SITE = 1
    """Every account and market."""
    MARKET = 2
    """One market."""
    ACCOUNT = 3
    """One account."""


class AccountKind(IntEnum):
    """What an account is for, and with it what may be done on it."""

    CLIENT = 1
    """Belongs to a client: may trade, may never go below zero."""
    FEE = 2
    """Receives trading fees. May not trade."""
    CUSTODY = 3
    """Contra side of assets held in custody: what clients own, custody owes, so its balances are negative."""
    HOUSE = 4
    """The operator's own, such as a desk's."""
    INSURANCE = 5
    """Pays what clients lost and the operator owes them."""
    SUSPENSE = 6
    """Holds what arrived and belongs to nobody known yet."""
    TREASURY = 7
    """Where the operator keeps what it earned."""


class FeeCurrency(IntEnum):
    """In which asset of a market the fee is charged."""

    RECEIVED = 1
    """In the asset each side receives: base for the buyer, quote for the seller (token-token markets)."""
    QUOTE = 2
    """In the quote asset for both sides; the buyer's hold covers it (fiat and security-token markets)."""


class CancelReason(IntEnum):
    """Why an order ended with a part of it not traded."""

    REQUESTED = 1
    """Its owner cancelled it."""
    IMMEDIATE_REMAINDER = 2
    """Immediate-or-cancel: this part found no counterparty at the price."""
    NOT_FILLABLE_WHOLE = 3
    """Fill-or-kill: the book could not fill the whole order at its price."""
    WOULD_TAKE = 4
    """Post-only: the order would have traded at once."""
    BOOK_EXHAUSTED = 5
    """Market order: the opposite side of the book ran out."""
    BELOW_ONE_LOT = 6
    """Market order by quote amount: the amount does not pay for one lot at the best price."""
    LARGEST_SIZE = 7
    """Market order by quote amount: it traded the market's largest size and had something left to spend."""
    EXPIRED = 8
    """Its expiry time came."""
    SELF_TRADE = 9
    """It would have traded with an order of the same beneficial owner."""
    KILL_SWITCH = 10
    """A kill switch was engaged over it."""
    DISCONNECTED = 11
    """The connection it was tied to was lost."""
    VOLATILITY = 12
    """The next trade would have left the price band, and the order may not rest."""


class TransferPurpose(IntEnum):
    """Why value moves between two accounts outside a trade."""

    DEPOSIT = 1
    """Assets that arrived in custody are credited to a client."""
    WITHDRAWAL = 2
    """A client's assets leave through custody."""
    INTERNAL = 3
    """Between accounts of the venue's own ledger."""
    OTC = 4
    """An agreed trade outside the book."""
    SUBSCRIPTION = 5
    """Money for shares of a fund or a product."""
    REDEMPTION = 6
    """Shares for money."""
    REWARD = 7
    """Given to a client for what it did."""
    CHARGE = 8
    """A fee outside a trade, or fees moved on."""
    INSURANCE = 9
    """Into or out of the insurance fund."""
    SUSPENSE = 10
    """Set aside until its owner is known, or given to the owner found."""
    CORRECTION = 11
    """Puts an error right. Takes two people."""


class ActorKind(IntEnum):
    """What asked for an entry."""

    UNSTATED = 0
    """Nothing is said."""
    CLIENT = 1
    """A client, by its account."""
    STAFF = 2
    """A person of the operator."""
    ALGORITHM = 3
    """A program that decides by itself."""
