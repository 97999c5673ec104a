"""Listen keys over REST: made, renewed, ended (the contract's `userDataStream`)."""

from __future__ import annotations

from lionrock.gateways.rest.contract import Call, Endpoint, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.people.listen_keys import ListenKey

_PATH = "/api/v1/userDataStream"


async def make(venue: Venue, call: Call) -> dict[str, str]:
    """A key for the private streams of the API key's account; the one that is live, renewed, if there is one."""
    if call.credential is None:
        raise Refused("0102")
    await venue.settled()  # a site that has stopped opens no streams
    return {"listenKey": venue.listen_keys.open(call.credential).text}


async def renew(venue: Venue, call: Call) -> dict[str, str]:
    """Live for another 70 minutes. Who has the key may renew it, signed or not: that is all it is good for."""
    key = _live(venue, call)
    await venue.settled()
    venue.listen_keys.renew(key)
    return {}


async def end(venue: Venue, call: Call) -> dict[str, str]:
    """No more streams with this key; those that are open are closed."""
    key = _live(venue, call)
    if call.credential is None or key.credential.access_key != call.credential.access_key:
        raise Refused(-1130, "listenKey")  # as for one that is not there
    await venue.settled()
    venue.listen_keys.end(key)
    return {}


def _live(venue: Venue, call: Call) -> ListenKey:
    key = venue.listen_keys.find(call.parameters.required("listenKey"))
    if key is None:
        raise Refused(-1130, "listenKey")
    return key


_KEY = (Parameter("listenKey", "The key as it was given", is_required=True),)

ENDPOINTS = (
    Endpoint("POST", _PATH, Security.USER_STREAM, 1, make, "A listen key", answer=dict[str, str]),
    Endpoint(
        "PUT",
        _PATH,
        Security.NONE,
        1,
        renew,
        "Renew a listen key",
        parameters=_KEY,
        answer=dict[str, str],
    ),
    Endpoint(
        "DELETE",
        _PATH,
        Security.USER_STREAM,
        1,
        end,
        "End a listen key",
        parameters=_KEY,
        answer=dict[str, str],
    ),
)
