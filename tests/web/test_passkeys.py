"""Passkeys by the pages, with the authenticator that Chromium has for tests (W3C Web Authentication, section 11)."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched, sign_out
from tests.web.client_pages import PASSWORD, field, fill_sign_in, sign_up
from tests.web.staffed import House

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def at_home(browser: Browser, url: str, **named: object) -> Watched:
    """Passkeys are made for a name, and a number is none."""
    return Watched(browser, url.replace("127.0.0.1", "localhost"), locale="en-GB", **named)


def with_device(page: Page) -> None:
    """A device of its owner's, who is there and says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def test_a_passkey_is_made_signs_in_and_is_forgotten(browser: Browser, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "passkey@example.com")
    watched = at_home(browser, sandbox.url)
    page = watched.page("/sign-in?then=/security")
    with_device(page)
    fill_sign_in(page, "passkey@example.com")
    page.get_by_text("Make a passkey").first.click()
    keys = page.locator("form").filter(has=page.get_by_role("button", name="Make a passkey"))
    keys.get_by_label("Name of the passkey").fill("<b>my ring</b>")
    keys.get_by_label("Your password").fill("not my password")
    keys.get_by_role("button").click()
    expect(keys.get_by_role("alert")).to_be_visible()
    expect(keys.get_by_label("Name of the passkey")).to_have_value("<b>my ring</b>")
    keys.get_by_label("Your password").fill(PASSWORD)
    keys.get_by_role("button").click()
    expect(page.get_by_text("<b>my ring</b>", exact=True)).to_be_visible()
    sign_out(page)
    page.goto("/sign-in?then=/security")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Forget: <b>my ring</b>").click()
    page.get_by_role("group").get_by_role("button", name="Forget", exact=True).click()
    expect(page.get_by_text("<b>my ring</b>", exact=True)).to_have_count(0)
    watched.close()


def test_whoever_has_a_passkey_alone_is_asked_for_no_authenticator(browser: Browser, harbour: House) -> None:
    watched = at_home(browser, harbour.live.url)
    page = watched.page("/sign-up")
    with_device(page)
    page.locator("input[value=practice]").check()
    page.get_by_label("Sign-in name").fill("ring@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open the practice account").click()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_role("button", name="Use a passkey instead").click()
    field(page, "Your password").fill(PASSWORD)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("Your second factor is set up. Sign in with it", exact=False)).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    expect(page.get_by_text("On ·", exact=False)).to_be_visible()
    page.goto("/security")
    expect(page.get_by_text("Your passkey is your second factor.", exact=False)).to_be_visible()
    for path in ("limits", "knowledge", "risk-profile", "agreements"):
        page.goto(f"/{path}")
        expect(page.get_by_text("is worked out from an application, and you have none", exact=False)).to_be_visible()
        assert page.get_by_role("alert").count() == 0
        assert page.locator("main").get_by_role("link", name="Application").last.get_attribute("href") == "/onboarding"
    page.goto("/wallet")
    expect(page.get_by_role("heading", name="New withdrawal")).to_be_visible()
    assert page.get_by_text("Withdrawing needs a second factor", exact=False).count() == 0
    assert page.get_by_label("Code of the authenticator").count() == 0
    form = page.locator("form").filter(has=page.get_by_role("button", name="Withdraw", exact=True))
    form.get_by_label("Quantity").fill("0.5")
    form.get_by_role("button", name="Use a passkey").click()
    expect(form.get_by_text("Your passkey has answered.", exact=False)).to_be_visible()
    expect(form.get_by_label("Quantity")).to_have_value("0.5")
    # By password alone, the next time: the page asks for the passkey that there is, and sets up nothing.
    sign_out(page)
    page.goto("/sign-in")
    fill_sign_in(page, "ring@example.com")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_text("Your second factor is set up. Sign in with it", exact=False)).to_be_visible()
    assert page.get_by_role("button", name="Set up an authenticator").count() == 0
    watched.close()
