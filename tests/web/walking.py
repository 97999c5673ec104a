"""The table of routes as those it is for have it: a browser for each audience, something to show for each page.

A page that shows its reader a refusal, or that it is not for them, shows nothing of what it is there for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect

from lionrock.people.staff.actions import ACTIONS
from lionrock.people.staff.roles import Role
from tests.web.browsing import Watched
from tests.web.routes import Route
from tests.web.staffed import Client, House

OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
Pages = Callable[..., dict[str, Page]]
Addresses = dict[str, tuple[str, ...]]
NOTHING_THERE = ("/trade/NOSUCH", "/trade/%E0%A4%A", "/staff/proposals/0", "/staff/clients/0", "/staff/rulebook/NONE")
"""Asked for as well, and said to be nothing."""
REFUSED = "main [role=alert], main [role=note]"
"""Where a page tells its reader that something was refused, or is not for them."""


@contextmanager
def audiences(house: House, client: Client, browser: Browser) -> Iterator[Pages]:
    """Makes a page of a browser for each reader: nobody, the client, whoever of the staff may see most, and the
    administrator, whose role goes with no other.
    """
    with ExitStack() as opened:

        def make(**look: Any) -> dict[str, Page]:
            watched = Watched(browser, house.live.url, **look)
            opened.callback(watched.close)
            return {
                "public": watched.page("/status"),
                "client": opened.enter_context(client.at(browser, "/account", **look)),
                "staff": opened.enter_context(house["everywhere"].at(browser, "/staff", **look)),
                "administrator": opened.enter_context(house["administrator"].at(browser, "/staff", **look)),
            }

        yield make


def addresses_of(house: House, client_id: str, decision: str) -> Addresses:
    """What a page with parameters is asked for, by its path in the table; the first is what it is there for.

    The proposal is the `decision` about this client.
    """
    made = house["operator"].propose("onboarding_decision", client_id=client_id, decision=decision)
    return {
        "/trade/:symbol": ("/trade/BTCUSD", "/trade/NOSUCH", "/trade/%E0%A4%A"),
        "/staff/proposals/:id": (f"/staff/proposals/{made['proposalId']}", "/staff/proposals/0"),
        "/staff/propose/:action": tuple(f"/staff/propose/{name}" for name in ACTIONS),
        "/staff/clients/:id": (f"/staff/clients/{client_id}", "/staff/clients/0"),
        "/staff/rulebook/:id": ("/staff/rulebook/HK-F02", "/staff/rulebook/NONE"),
    }


def asked(route: Route, addresses: Addresses) -> tuple[str, ...]:
    if ":" not in route.path:
        return (route.path,)
    assert route.path in addresses, f"{route.path} was added: say what it is to show"
    return addresses[route.path]


def reader(route: Route, address: str) -> str:
    """Whose browser it is shown in: the audience's, but for what only an administrator proposes."""
    action = ACTIONS.get(address.rpartition("/")[2]) if route.path == "/staff/propose/:action" else None
    return "administrator" if action and action.makers == {Role.ADMINISTRATOR} else route.audience


def refusals(page: Page, address: str) -> list[str]:
    """What a page tells that should show what it is there for; empty where it does."""
    told = page.locator(REFUSED).all_inner_texts() if address not in NOTHING_THERE else []
    return [f"{address} shows a refusal: {each}" for each in told]


def show(page: Page, address: str) -> None:
    """The page with everything on it that folds up."""
    page.goto(address)
    expect(page.locator("h1")).to_be_visible()
    settle(page)
    page.evaluate(OPEN_ALL)
    settle(page)


def settle(page: Page) -> None:
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
