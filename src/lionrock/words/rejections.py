"""Why the venue may refuse a command: a closed list of permanent numbers, declared in order of precedence.

When several reasons hold, the first in this list is the one given, unless the command's page in `spec/` says otherwise.
Each entry says what its two figures are, whether the same command may succeed later, and what to do next; `spec/` shows
each by example.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Explanation(NamedTuple):
    """What a person needs to know about one rejection."""

    words: str
    """The violated condition; `{first}` and `{second}` stand for the two figures."""
    next_step: str
    """What to do about it."""
    retryable: bool
    """True when the very same command may succeed later without anybody changing it."""


class Rejection(IntEnum):
    """The numbers. The hundreds group them by subject; within and across groups, lower numbers take precedence."""

    COMMAND_UNKNOWN = 1

    ASSET_ID_NOT_POSITIVE = 100
    ASSET_ALREADY_LISTED = 101
    ASSET_CODE_MALFORMED = 102
    ASSET_DECIMALS_ABOVE_LIMIT = 103

    ACCOUNT_ID_NOT_POSITIVE = 110
    ACCOUNT_ALREADY_OPEN = 111
    ACCOUNT_KIND_UNKNOWN = 112

    FEE_RATE_ABOVE_LIMIT = 120
    ACCOUNT_UNKNOWN = 121
    FEE_TIER_UNKNOWN = 122

    MARKET_ID_NOT_POSITIVE = 130
    MARKET_ALREADY_LISTED = 131
    MARKET_SYMBOL_MALFORMED = 132
    ASSET_UNKNOWN = 133
    MARKET_ASSETS_EQUAL = 134
    FEE_CURRENCY_UNKNOWN = 135
    FEE_ACCOUNT_NOT_OF_KIND_FEE = 136
    MARKET_LIMIT_NOT_POSITIVE = 137
    MAX_PRICE_ABOVE_LIMIT = 138
    TICK_TIMES_LOT_NOT_WHOLE = 139
    MARKET_PRODUCT_ABOVE_LIMIT = 140
    MIN_NOTIONAL_ABOVE_MAX = 141

    TRANSFER_PURPOSE_UNKNOWN = 150
    TRANSFER_ACCOUNTS_EQUAL = 151
    TRANSFER_AMOUNT_NOT_POSITIVE = 152
    ASSET_SUPPLY_ABOVE_LIMIT = 153
    CUSTODY_NEVER_IN_CREDIT = 154
    ACTOR_KIND_UNKNOWN = 155
    SOURCE_SEQUENCE_NOT_INCREASING = 156
    DUAL_CONTROL_MISSING = 157
    TRANSFER_ID_NOT_POSITIVE = 158
    LEG_AMOUNT_OUT_OF_RANGE = 159
    LEGS_ABOVE_LIMIT = 160
    TRANSFER_UNKNOWN = 161
    TRANSFER_LEGS_DIFFER = 162
    TRANSFER_NOT_BALANCED = 163
    HOLD_ID_NOT_INCREASING = 164
    HOLD_UNKNOWN = 165
    HOLD_DOES_NOT_FIT = 166
    HOLD_INSUFFICIENT = 167
    TRADE_UNKNOWN = 168
    TRADE_ALREADY_CANCELLED = 169

    MARKET_UNKNOWN = 200
    ACCOUNT_MAY_NOT_TRADE = 201
    ORDER_ID_NOT_INCREASING = 202
    SIDE_UNKNOWN = 203
    ORDER_TYPE_UNKNOWN = 204
    TIME_IN_FORCE_UNKNOWN = 205
    ORDER_COMBINATION_UNSUPPORTED = 206
    PRICE_NOT_POSITIVE = 207
    PRICE_ABOVE_MAXIMUM = 208
    SIZE_NOT_POSITIVE = 209
    SIZE_ABOVE_MAXIMUM = 210
    NOTIONAL_BELOW_MINIMUM = 211
    NOTIONAL_ABOVE_MAXIMUM = 212

    SELF_TRADE_PREVENTION_UNKNOWN = 213
    EXPIRY_NOT_IN_FUTURE = 214
    KILL_SWITCH_ENGAGED = 215
    PHASE_DOES_NOT_ADMIT = 216
    CLIENT_ORDER_ID_IN_USE = 217
    DISPLAY_SIZE_OUT_OF_RANGE = 218

    ORDER_UNKNOWN = 220
    ORDER_OF_ANOTHER_ACCOUNT = 221
    AMENDED_SIZE_NOT_ABOVE_FILLED = 222
    AMENDED_ORDER_WOULD_TAKE = 223
    AMENDED_ORDER_IS_WAITING = 224

    CANCEL_SCOPE_MISSING = 230
    CANCEL_REASON_UNSUPPORTED = 231
    KILL_SWITCH_SCOPE_UNKNOWN = 232
    OWNER_ID_NOT_POSITIVE = 233

    PHASE_UNKNOWN = 240
    PHASE_TIME_NOT_IN_FUTURE = 241
    REFERENCE_PRICE_OUT_OF_RANGE = 242
    BAND_ABOVE_LIMIT = 243

    TRIGGER_UNKNOWN = 250
    TRIGGER_PRICE_OUT_OF_RANGE = 251
    TRIGGER_ALREADY_MET = 252

    LEGAL_ENTITY_DIFFERS = 260
    PRODUCT_NOT_PERMITTED = 261
    CLIENT_CLASS_NOT_ADMITTED = 262
    ACCOUNT_FROZEN = 263
    ACCOUNT_REDUCE_ONLY = 264
    PRICE_TOO_FAR_FROM_LAST = 265
    ORDER_VALUE_ABOVE_LIMIT = 266
    OPEN_ORDERS_ABOVE_CAP = 267
    ASSET_NOT_PERMITTED = 268
    EXPOSURE_ABOVE_LIMIT = 269

    CLIENT_CLASS_UNKNOWN = 270
    RESTRICTION_UNKNOWN = 271
    MARKET_RULE_OUT_OF_RANGE = 272
    EXPOSURE_LIMIT_OUT_OF_RANGE = 273
    VALUATION_OUT_OF_RANGE = 274
    PERMISSION_UNKNOWN = 275

    AVAILABLE_INSUFFICIENT = 300


R = Rejection
_OPERATOR = "Correct the command; nothing was changed."

EXPLANATIONS: dict[Rejection, Explanation] = {
    R.COMMAND_UNKNOWN: Explanation("No command has the number {first}.", "Send a command of the vocabulary.", False),
    R.ASSET_ID_NOT_POSITIVE: Explanation("An asset id must be greater than zero.", _OPERATOR, False),
    R.ASSET_ALREADY_LISTED: Explanation(
        "Asset {first} is listed already, or its code is another's.", "Choose another id and code.", False
    ),
    R.ASSET_CODE_MALFORMED: Explanation("An asset code is 1 to 16 capital letters and digits.", _OPERATOR, False),
    R.ASSET_DECIMALS_ABOVE_LIMIT: Explanation("{second} decimals; the limit is {first}.", _OPERATOR, False),
    R.ACCOUNT_ID_NOT_POSITIVE: Explanation("An account id must be greater than zero.", _OPERATOR, False),
    R.ACCOUNT_ALREADY_OPEN: Explanation("Account {first} is open already.", "Use it, or choose another id.", False),
    R.ACCOUNT_KIND_UNKNOWN: Explanation("No account kind has the number {first}.", _OPERATOR, False),
    R.FEE_RATE_ABOVE_LIMIT: Explanation("A rate of {second}; the limit is {first}, up and down.", _OPERATOR, False),
    R.ACCOUNT_UNKNOWN: Explanation("Account {first} is not open.", "Open the account first.", True),
    R.FEE_TIER_UNKNOWN: Explanation("Fee tier {first} was never set.", "Set the tier first.", True),
    R.MARKET_ID_NOT_POSITIVE: Explanation("A market id must be greater than zero.", _OPERATOR, False),
    R.MARKET_ALREADY_LISTED: Explanation(
        "Market {first} is listed already, or its symbol is another's.", "Choose another id and symbol.", False
    ),
    R.MARKET_SYMBOL_MALFORMED: Explanation(
        "A market symbol is 1 to 24 capital letters, digits and dashes.", _OPERATOR, False
    ),
    R.ASSET_UNKNOWN: Explanation("Asset {first} is not listed.", "List the asset first.", True),
    R.MARKET_ASSETS_EQUAL: Explanation("Base and quote are both asset {first}.", _OPERATOR, False),
    R.FEE_CURRENCY_UNKNOWN: Explanation("No fee currency has the number {first}.", _OPERATOR, False),
    R.FEE_ACCOUNT_NOT_OF_KIND_FEE: Explanation(
        "Account {first} is of kind {second}, not of kind FEE.", "Name an account opened with kind FEE.", False
    ),
    R.MARKET_LIMIT_NOT_POSITIVE: Explanation(
        "Tick, lot and limits of a market must be greater than zero; the smallest is {first}.", _OPERATOR, False
    ),
    R.MAX_PRICE_ABOVE_LIMIT: Explanation(
        "A highest price of {second} ticks; the limit is {first}.", "Choose a larger tick or a lower price.", False
    ),
    R.TICK_TIMES_LOT_NOT_WHOLE: Explanation(
        "One lot at one tick is worth a whole number of quote atoms and {second}/{first} of one more.",
        "Choose a larger tick or lot, or give the quote asset more decimals.",
        False,
    ),
    R.MARKET_PRODUCT_ABOVE_LIMIT: Explanation(
        "Highest price times largest size does not fit: the limit is {first} quote or base atoms.",
        "Lower the highest price or the largest size.",
        False,
    ),
    R.MIN_NOTIONAL_ABOVE_MAX: Explanation("Smallest value {second} is above the largest, {first}.", _OPERATOR, False),
    R.TRANSFER_PURPOSE_UNKNOWN: Explanation("No transfer purpose has the number {first}.", _OPERATOR, False),
    R.TRANSFER_ACCOUNTS_EQUAL: Explanation("Both legs are account {first}.", _OPERATOR, False),
    R.TRANSFER_AMOUNT_NOT_POSITIVE: Explanation("The amount {first} is not greater than zero.", _OPERATOR, False),
    R.ASSET_SUPPLY_ABOVE_LIMIT: Explanation(
        "Custody would owe {second}; the limit is {first}.",
        "Split the asset's scale differently: it has too many decimals for its supply.",
        False,
    ),
    R.CUSTODY_NEVER_IN_CREDIT: Explanation(
        "Custody owes {second} on this account and cannot be credited {first}.",
        "Use the custody account that holds these assets.",
        False,
    ),
    R.ACTOR_KIND_UNKNOWN: Explanation("No actor kind has the number {first}.", _OPERATOR, False),
    R.SOURCE_SEQUENCE_NOT_INCREASING: Explanation(
        "This source is at {first}; {second} was booked already or comes too late.",
        "Nothing was booked twice. Go on with the next number.",
        False,
    ),
    R.DUAL_CONTROL_MISSING: Explanation(
        "This takes two: actor {first} and authority {second} must both be named and differ.",
        "Have somebody else approve it.",
        False,
    ),
    R.TRANSFER_ID_NOT_POSITIVE: Explanation("A transfer id must be greater than zero.", _OPERATOR, False),
    R.LEG_AMOUNT_OUT_OF_RANGE: Explanation(
        "A leg of {second}; it is not zero and at most {first}, in or out.", _OPERATOR, False
    ),
    R.LEGS_ABOVE_LIMIT: Explanation(
        "The transfer has {second} legs; the limit is {first}.", "Split the transfer.", False
    ),
    R.TRANSFER_UNKNOWN: Explanation(
        "Transfer {first} has no legs.", "It was booked or dropped, or never begun: ask for its state.", False
    ),
    R.TRANSFER_LEGS_DIFFER: Explanation(
        "The transfer has {second} legs, not {first}.", "Compare its legs; drop it to begin again.", False
    ),
    R.TRANSFER_NOT_BALANCED: Explanation(
        "The legs in asset {first} sum to {second}, not to zero.", "Drop the transfer and begin again.", False
    ),
    R.HOLD_ID_NOT_INCREASING: Explanation(
        "Hold id {second} is not greater than the last one, {first}.", "The node gives ids; report this.", False
    ),
    R.HOLD_UNKNOWN: Explanation("There is no hold {first}.", "It was settled or released: ask for its state.", False),
    R.HOLD_DOES_NOT_FIT: Explanation(
        "A leg of account {second} names hold {first}, of another account or asset, or it takes nothing.",
        _OPERATOR,
        False,
    ),
    R.HOLD_INSUFFICIENT: Explanation("{second} are asked of a hold of {first}.", "Ask for less.", False),
    R.TRADE_UNKNOWN: Explanation(
        "Trade {first} never was or is too old; the oldest that can be cancelled is {second}.",
        "Put it right by a correction.",
        False,
    ),
    R.TRADE_ALREADY_CANCELLED: Explanation("Trade {first} is cancelled already.", "Nothing is left to do.", False),
    R.ASSET_NOT_PERMITTED: Explanation(
        "Account {second} may not acquire asset {first}.", "Ask for the asset to be enabled.", True
    ),
    R.EXPOSURE_ABOVE_LIMIT: Explanation(
        "The account would have {second} at stake; its limit is {first}.",
        "Reduce the order or what is held, or ask for a higher limit.",
        True,
    ),
    R.EXPOSURE_LIMIT_OUT_OF_RANGE: Explanation("An exposure limit of {second}; 0 to {first}.", _OPERATOR, False),
    R.VALUATION_OUT_OF_RANGE: Explanation("A valuation of {second}; 0 to {first}.", _OPERATOR, False),
    R.PERMISSION_UNKNOWN: Explanation("No permission has the number {first}.", "Use 0 or 1.", False),
    R.MARKET_UNKNOWN: Explanation("Market {first} is not listed.", "See the list of markets.", True),
    R.ACCOUNT_MAY_NOT_TRADE: Explanation(
        "Account {first} is of kind {second}; only client accounts trade.", "Use a client account.", False
    ),
    R.ORDER_ID_NOT_INCREASING: Explanation(
        "Order id {second} is not greater than the last one, {first}.", "The node gives ids; report this.", False
    ),
    R.SIDE_UNKNOWN: Explanation("No side has the number {first}.", "Use BUY or SELL.", False),
    R.ORDER_TYPE_UNKNOWN: Explanation("No order type has the number {first}.", "Use LIMIT or MARKET.", False),
    R.TIME_IN_FORCE_UNKNOWN: Explanation(
        "No time in force has the number {first}.", "Use GTC, IOC, FOK, GTD or DAY.", False
    ),
    R.ORDER_COMBINATION_UNSUPPORTED: Explanation(
        "This order type (first figure {first}) does not go with this time in force (second figure {second}), "
        "or a price, size, quote amount or post-only flag is given that it does not take.",
        "A limit order has a price and a size; a market order is IOC and has a size or a quote amount; "
        "post-only goes with a limit order that may rest, an expiry time with good till date.",
        False,
    ),
    R.PRICE_NOT_POSITIVE: Explanation("The price of {first} is not greater than zero.", "Send a price.", False),
    R.PRICE_ABOVE_MAXIMUM: Explanation(
        "The price of {second} is above the market's highest, {first}.", "Lower the price.", False
    ),
    R.SIZE_NOT_POSITIVE: Explanation("The size or amount {first} is not greater than zero.", "Send a size.", False),
    R.SIZE_ABOVE_MAXIMUM: Explanation(
        "The size of {second} is above the market's largest, {first}.", "Split the order.", False
    ),
    R.NOTIONAL_BELOW_MINIMUM: Explanation(
        "The order is worth {second}; the market's least is {first}.", "Raise the size.", False
    ),
    R.NOTIONAL_ABOVE_MAXIMUM: Explanation(
        "The order is worth {second}; the market's most is {first}.", "Split the order.", False
    ),
    R.SELF_TRADE_PREVENTION_UNKNOWN: Explanation(
        "No self-trade prevention has the number {first}.", "Use one of the five modes.", False
    ),
    R.EXPIRY_NOT_IN_FUTURE: Explanation(
        "The order would expire at {second}, which is not after {first}.", "Send a later expiry time.", False
    ),
    R.KILL_SWITCH_ENGAGED: Explanation(
        "A kill switch of scope {first} (1 site, 2 market, 3 account) is engaged over {second}.",
        "Wait until the operator releases it.",
        True,
    ),
    R.PHASE_DOES_NOT_ADMIT: Explanation(
        "The market is in phase {first}, which does not admit this (time in force {second}).",
        "Wait for another phase; while orders are collected, send limit orders that may rest.",
        True,
    ),
    R.CLIENT_ORDER_ID_IN_USE: Explanation(
        "The account has given this id to order {first} already.",
        "Ask for the state of that order; it was not placed twice. An id is free again 24 hours after its order ended.",
        False,
    ),
    R.DISPLAY_SIZE_OUT_OF_RANGE: Explanation(
        "{second} to show of {first}; it is between a hundredth of the order and all, or 0 to show all.",
        "Send another display size.",
        False,
    ),
    R.PHASE_UNKNOWN: Explanation("No market phase has the number {first}.", _OPERATOR, False),
    R.PHASE_TIME_NOT_IN_FUTURE: Explanation(
        "The change is set for {second}, which is not after {first}.", "Send a later time, or 0 for now.", False
    ),
    R.REFERENCE_PRICE_OUT_OF_RANGE: Explanation(
        "A reference price of {second}; it is between 0 and {first}.", _OPERATOR, False
    ),
    R.BAND_ABOVE_LIMIT: Explanation("A band of {second}; the limit is {first}.", _OPERATOR, False),
    R.AMENDED_ORDER_IS_WAITING: Explanation(
        "Order {first} still waits for its trigger.", "Cancel it and place another.", True
    ),
    R.TRIGGER_UNKNOWN: Explanation("No trigger has the number {first}.", "Use NONE, STOP or TAKE_PROFIT.", False),
    R.TRIGGER_PRICE_OUT_OF_RANGE: Explanation(
        "A trigger price of {second}; it is above zero and at most {first}.", "Send another trigger price.", False
    ),
    R.TRIGGER_ALREADY_MET: Explanation(
        "The last trade, at {first}, already meets the trigger at {second}.", "Send the order without a trigger.", True
    ),
    R.LEGAL_ENTITY_DIFFERS: Explanation(
        "The account contracts with entity {second}; the market is operated by entity {first}.",
        "Use an account of that entity.",
        False,
    ),
    R.PRODUCT_NOT_PERMITTED: Explanation(
        "This product (bits {first}) is not among those the account may trade (bits {second}).",
        "Ask for the product to be enabled.",
        True,
    ),
    R.CLIENT_CLASS_NOT_ADMITTED: Explanation(
        "The market does not admit clients of class {second} (admitted, as bits: {first}).",
        "Choose another market, or ask to be classified.",
        True,
    ),
    R.ACCOUNT_FROZEN: Explanation("Account {first} is frozen.", "Speak to the venue.", True),
    R.ACCOUNT_REDUCE_ONLY: Explanation("Account {first} may only sell.", "Speak to the venue.", True),
    R.PRICE_TOO_FAR_FROM_LAST: Explanation(
        "The price of {second} reaches too far past the last trade; the farthest is {first}.",
        "Choose a price nearer to the market.",
        True,
    ),
    R.ORDER_VALUE_ABOVE_LIMIT: Explanation(
        "The order is worth {second}; the most is {first}.", "Split the order.", False
    ),
    R.OPEN_ORDERS_ABOVE_CAP: Explanation(
        "The account has {second} open orders; its cap is {first}.", "Cancel some, or ask for a higher cap.", True
    ),
    R.CLIENT_CLASS_UNKNOWN: Explanation("No client class has the number {first}.", _OPERATOR, False),
    R.RESTRICTION_UNKNOWN: Explanation("No account restriction has the number {first}.", _OPERATOR, False),
    R.MARKET_RULE_OUT_OF_RANGE: Explanation("A rule of {second} is outside 0 to {first}.", _OPERATOR, False),
    R.AMENDED_SIZE_NOT_ABOVE_FILLED: Explanation(
        "The new size of {second} is not above the {first} that have traded.", "Cancel the order instead.", False
    ),
    R.AMENDED_ORDER_WOULD_TAKE: Explanation(
        "The order is post-only, and {second} meets {first}.",
        "Choose a price that rests.",
        True,
    ),
    R.CANCEL_SCOPE_MISSING: Explanation(
        "Neither account nor market is named, or a group without its account.", "Name what to cancel.", False
    ),
    R.CANCEL_REASON_UNSUPPORTED: Explanation(
        "Orders are not cancelled together for reason {first}.", "Use REQUESTED or DISCONNECTED.", False
    ),
    R.KILL_SWITCH_SCOPE_UNKNOWN: Explanation(
        "No kill switch has scope {first} and position {second}.", "Use SITE, MARKET or ACCOUNT, and 0 or 1.", False
    ),
    R.OWNER_ID_NOT_POSITIVE: Explanation("An owner id must be greater than zero.", _OPERATOR, False),
    R.ORDER_UNKNOWN: Explanation("No order {first} is resting.", "It ended, or never was: ask for its state.", False),
    R.ORDER_OF_ANOTHER_ACCOUNT: Explanation(
        "Order {first} is not this account's.", "Use the account that placed it.", False
    ),
    R.AVAILABLE_INSUFFICIENT: Explanation(
        "{first} are needed and {second} are available.", "Deposit, cancel other orders, or ask for less.", True
    ),
}
