"""Why each code of the contract is given here, what to do about it, and what ccxt raises."""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.errors import Code


class Meaning(msgspec.Struct, frozen=True):
    """Of one code."""

    cause: str
    remedy: str
    ccxt: str
    """Class of the exception that ccxt's `hashkey` raises."""
    statuses: tuple[int, ...] = (400,)
    """HTTP statuses it comes with."""


_LISTED = "Take the symbols that `exchangeInfo` lists."
_STEPS = "Round to the market's filters in `exchangeInfo` before sending."
_SUPPORT = "Ask those who run the site, with the time of the request."

MEANINGS: dict[Code, Meaning] = {
    "0001": Meaning(
        "A parameter that the endpoint needs is absent, empty, sent twice in one place, or not of its kind; "
        "or the text of "
        "the request is not well formed.",
        "Send the parameter that the message names once, in the form the endpoint's description gives.",
        "BadRequest",
    ),
    "0002": Meaning(
        "The HMAC does not belong to the text that arrived and the key's secret.",
        "Sign the query and the form body exactly as they are sent, without sorting or encoding them again, "
        "and put the "
        "signature last.",
        "AuthenticationError",
    ),
    "0003": Meaning(
        "More was asked for in a short time than the limits allow.",
        "Wait as long as the answer's headers say, then go on more slowly.",
        "RateLimitExceeded",
        (429,),
    ),
    "0102": Meaning(
        "No key of this name is known, or its account is not open.",
        "Look at the X-HK-APIKEY header; make a key on this site.",
        "AuthenticationError",
    ),
    "0103": Meaning("The key's time is over.", "Make a new key.", "AuthenticationError"),
    "0104": Meaning(
        "The request names an account that the key does not act for.",
        "Leave `accountId` out, or use a key of that account.",
        "PermissionDenied",
    ),
    "0201": Meaning("No market of that name is listed.", _LISTED, "ExchangeError"),
    "0202": Meaning(
        "The request came from an address that is not on the key's list.",
        "Send it from a listed address, or change the list.",
        "PermissionDenied",
    ),
    "0206": Meaning("`type` is none that the endpoint takes.", "Use LIMIT, MARKET or LIMIT_MAKER.", "BadRequest"),
    "0207": Meaning(
        "The price is no decimal number without sign.", "Send digits with at most one point.", "BadRequest"
    ),
    "0209": Meaning("The price lies between two ticks.", _STEPS, "BadRequest"),
    "0210": Meaning(
        "The price is further from the last trade than the market allows.", "Choose a price nearer to it.", "BadRequest"
    ),
    "0211": Meaning(
        "The account has no order of that id or name, or it is in another market than the one named.",
        "Take the id from the reply to the order, or from the open orders.",
        "OrderNotFound",
    ),
    "0401": Meaning(
        "The account has less of the asset than the order would hold.",
        "Deposit, cancel other orders, or ask for less.",
        "InsufficientFunds",
    ),
    "0402": Meaning(
        "No asset of that code is listed.", "Take the codes that `exchangeInfo` lists as coins.", "BadRequest"
    ),
    404: Meaning(
        "There is no such path, or not with this method.",
        "Compare with /lionrock/v1/openapi.json.",
        "ExchangeError",
        (404,),
    ),
    -1000: Meaning("The request failed for a reason the contract has no code for.", _SUPPORT, "ExchangeError"),
    -1001: Meaning(
        "The server failed inside; what became of the request is not known.",
        "Ask for the state before sending it again.",
        "ExchangeError",
        (400, 500),
    ),
    -1002: Meaning(
        "Nobody is signed in, or not far enough.", "Sign in, or use a key.", "AuthenticationError", (400, 401)
    ),
    -1004: Meaning(
        "The request is not one that can be read, is larger than is taken, or came in too slowly; or a "
        "command names what "
        "only an operator may.",
        "Look at its form and its size: a body has at most 64 KiB.",
        "BadRequest",
        (400, 408, 413, 414, 431),
    ),
    -1005: Meaning(
        "The key or the account has not the right to do this.",
        "Use a key with the right; ask why the account is restricted.",
        "PermissionDenied",
        (400, 403),
    ),
    -1006: Meaning(
        "The node stopped while the request was in progress: it may or may not have been carried out.",
        "Ask for the order by its own name before sending it again.",
        "ExchangeError",
        (500,),
    ),
    -1007: Meaning(
        "The answer took too long.", "Ask for the state before sending it again.", "RequestTimeout", (500, 504)
    ),
    -1014: Meaning(
        "The order's type, time in force and other fields do not go together.",
        "Leave out what does not belong to the type.",
        "InvalidOrder",
    ),
    -1015: Meaning("Orders came faster than the limits allow.", "Send fewer in the same time.", "InvalidOrder"),
    -1020: Meaning(
        "The request asks for something that this endpoint does not do.",
        "Leave it out, or use another endpoint.",
        "OperationRejected",
    ),
    -1021: Meaning(
        "`timestamp` is a second or more ahead of the server, or older than `recvWindow`; or the request was "
        "seen before.",
        "Set the clock by `/api/v1/time`; sign each request anew.",
        "InvalidNonce",
    ),
    -1024: Meaning(
        "A request with the same key for repeats was sent with other content.", "Use a new key.", "BadRequest"
    ),
    -1101: Meaning(
        "The venue takes no requests: its node has stopped, or the feature is off.",
        "Try again later; /ready says why.",
        "ExchangeNotAvailable",
        (400, 503),
    ),
    -1115: Meaning("`timeInForce` is none that the order may have.", "Use GTC, IOC or FOK.", "InvalidOrder"),
    -1117: Meaning("`side` is neither BUY nor SELL.", "Send one of the two.", "InvalidOrder"),
    -1123: Meaning(
        "The client's own name for the order is longer than 255 characters, or looks like an order id.",
        "Use a shorter name, or one with a letter in it.",
        "InvalidOrder",
    ),
    -1124: Meaning("The price is zero, or outside what a price may be.", _STEPS, "InvalidOrder"),
    -1126: Meaning("The quantity is no decimal number without sign, or zero.", _STEPS, "InvalidOrder"),
    -1129: Meaning("Both `quantity` and `amount` were sent.", "Send one of the two.", "BadRequest"),
    -1130: Meaning(
        "A parameter has a value that is not among those it may have.", "Correct the parameter named.", "BadRequest"
    ),
    -1132: Meaning("The price is above the market's highest.", _STEPS, "BadRequest"),
    -1133: Meaning("The price is below the market's lowest.", _STEPS, "BadRequest"),
    -1135: Meaning("The quantity is above the market's largest.", "Split it.", "BadRequest"),
    -1136: Meaning("The quantity is below the market's smallest.", "Ask for more.", "BadRequest"),
    -1137: Meaning("The quantity lies between two lots.", _STEPS, "InvalidOrder"),
    -1138: Meaning("The order had been cancelled after trading in part.", "Nothing is left to cancel.", "InvalidOrder"),
    -1139: Meaning("The order had been filled.", "Nothing is left to cancel.", "OrderImmediatelyFillable"),
    -1140: Meaning("The order is worth less than the market's least.", "Ask for more.", "InvalidOrder"),
    -1141: Meaning(
        "The account used this name for another order, which is open or ended less than a day ago.",
        "If this is a repeat, the first one was taken: ask for it by its name. Otherwise choose a new name.",
        "DuplicateOrderId",
    ),
    -1142: Meaning("The order had been cancelled or rejected.", "Nothing is left to cancel.", "OrderNotFillable"),
    -1143: Meaning("The order does not rest in the book any more.", "Ask for its state.", "OrderNotFound"),
    -1145: Meaning("An order of this kind cannot be cancelled so.", "Cancel it by its id.", "NotSupported"),
    -1148: Meaning("The amount is finer than the quote asset's smallest unit.", _STEPS, "InvalidOrder"),
    -1149: Meaning("The order was not taken.", "Look at the reason beside the code.", "OperationRejected"),
    -1151: Meaning(
        "The market takes no orders now, or a kill switch stops it, the account or the site.",
        "Wait until `status` in `exchangeInfo` is TRADING.",
        "OperationRejected",
    ),
    -1156: Meaning("A post-only order would have traded at once.", "Choose a price that rests.", "OperationFailed"),
    -1160: Meaning("There is no such account.", "Take the ids that `/api/v1/account/type` lists.", "AccountNotEnabled"),
    -1161: Meaning("The transfer was not carried out.", "Look at the reason beside the code.", "OperationFailed"),
    -1163: Meaning("The address is none of this chain.", "Copy it again, and look at the chain.", "InvalidAddress"),
    -1164: Meaning("The withdrawal was not taken.", "Look at the reason beside the code.", "OperationFailed"),
    -1165: Meaning("No quantity was given.", "Send `quantity`.", "ArgumentsRequired"),
    -1166: Meaning("More would leave in a day than may.", "Wait, or ask for less.", "OperationRejected"),
    -1167: Meaning("The quantity is below the least that is sent out.", "Ask for more.", "BadRequest"),
    -1168: Meaning("The quantity is no amount of this asset.", _STEPS, "BadRequest"),
    -1169: Meaning("This asset, account or key may not withdraw.", _SUPPORT, "PermissionDenied"),
    -1170: Meaning("This asset or account takes no deposits.", _SUPPORT, "PermissionDenied"),
    -1171: Meaning("The address is not on the account's list.", "Put it there first.", "PermissionDenied"),
    -1172: Meaning("The account to take from is not the key's, or none.", "Name one of your own.", "BadRequest"),
    -1173: Meaning("The account to give to is none that may receive from you.", "Name one of your own.", "BadRequest"),
    -1174: Meaning("Both accounts are the same.", "Name two.", "PermissionDenied"),
    -1181: Meaning("The venue failed inside.", _SUPPORT, "ExchangeError", (400, 500)),
    -1204: Meaning("The account to take from is no main account.", "Name the main account.", "BadRequest"),
    -1205: Meaning("The account may not be used so.", "Use another account.", "AccountNotEnabled"),
    -1206: Meaning(
        "The order is worth more than the market or the account allows.", "Split it, or ask for less.", "BadRequest"
    ),
    -1207: Meaning("No deposit stands in the state asked for.", "Look at the deposit's record.", "BadRequest"),
    -2001: Meaning("The site has not opened for trading.", "Try again later.", "ExchangeNotAvailable"),
    -2002: Meaning("The account has as many open orders as it may.", "Cancel some.", "OperationFailed"),
    -2010: Meaning("The order was not taken.", "Look at the reason beside the code.", "OperationRejected"),
    -2011: Meaning("The cancel was not carried out.", "Ask for the order's state.", "OperationRejected"),
    -2016: Meaning("The account has as many keys as it may.", "Delete one.", "OperationRejected"),
    -2018: Meaning("The account has as many sub-accounts as it may.", "Use one that is there.", "OperationRejected"),
    -2020: Meaning("The account may not trade this market or asset.", _SUPPORT, "PermissionDenied"),
    -2021: Meaning("Clients of this class may not trade this market.", _SUPPORT, "PermissionDenied"),
    -2022: Meaning(
        "The request lists more orders or ids than one may.", "Send them in several requests.", "OperationRejected"
    ),
    -2026: Meaning("`type` is none that the endpoint knows.", "Send one of those its description lists.", "BadRequest"),
    -2027: Meaning("The time asked about is longer than 30 days.", "Ask in parts.", "OperationRejected"),
    -2028: Meaning("The time asked about begins more than a month ago.", "Ask for a later time.", "OperationRejected"),
    -2029: Meaning(
        "The time asked about begins more than three months ago.", "Ask for a later time.", "OperationRejected"
    ),
    -2035: Meaning("The sub-account is frozen.", _SUPPORT, "OperationRejected"),
    -2036: Meaning("The time asked about begins more than 30 days ago.", "Ask for a later time.", "NotSupported"),
    -2040: Meaning(
        "The venue has as much to do, or as many connections, as it takes.",
        "Wait a moment and send it again: it changed nothing.",
        "ExchangeNotAvailable",
        (400, 503),
    ),
    -2041: Meaning("There is no such asset or key.", "Take the codes that `exchangeInfo` lists.", "BadRequest"),
    -3117: Meaning("The right asked for is none a key may have.", "Name rights from the list.", "PermissionDenied"),
    -3145: Meaning("Requests of this kind came too fast.", "Wait.", "DDoSProtection", (400, 429)),
    -4001: Meaning(
        "No asset of that code is listed.", "Take the codes that `exchangeInfo` lists as coins.", "BadRequest"
    ),
    -4002: Meaning("The quantity is below the least that is sent out.", "Ask for more.", "BadRequest"),
    -4003: Meaning("The account has less than that.", "Ask for less.", "InsufficientFunds"),
    -4007: Meaning("Money cannot be paid out this way.", "Use another way.", "NotSupported"),
    -4009: Meaning("The key may not withdraw.", "Use a key with the right.", "PermissionDenied"),
    -4012: Meaning("A parameter is not of its kind.", "Compare with the endpoint's description.", "ExchangeError"),
    -10009: Meaning("`interval` is none that candles come in.", "Use one from 1m to 1M, as listed.", "ExchangeError"),
    -100002: Meaning("A parameter that counts is not a whole number above zero.", "Send digits.", "ExchangeError"),
    -100010: Meaning("No market of that name is listed.", _LISTED, "BadSymbol"),
    -100011: Meaning("No market of that name is listed.", _LISTED, "ExchangeError"),
    -100012: Meaning("A parameter is missing, most often the symbol.", "Send it.", "BadSymbol"),
}
"""In the order of the contract's appendix. Codes that no room gives yet are not shown."""
