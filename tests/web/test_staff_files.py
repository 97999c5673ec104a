"""Files that the staff hands over by a page: hashed in the browser before they are sent, and kept as they were."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from lionrock.compliance.onboarding.documents import PART_BYTES
from tests.compliance.onboarding.world import PDF
from tests.web.browsing import grave_violations
from tests.web.staffed import House

CSV = b"\xef\xbb\xbfSymbol,Name\r\nBTC,Bitcoin\r\nETH,\xc3\x89ther\r\n"
"""With the mark at its beginning, line ends and letters that a careless reader would change."""
WHOLE = PDF + b"%" + b"\n" * (2 * PART_BYTES)
"""Of three parts."""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def choose(page: Page, content: bytes, name: str) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": content})


@pytest.fixture(scope="session")
def provider(harbour: House) -> str:
    """Recorded by two with one index."""
    payload: dict[str, Any] = {"provider": "Alpha", "provider_group": "Alpha", "indices": ["Alpha Large Cap"]}
    payload |= {"is_iosco_compliant": True, "has_conventional_indices": True, "document_sha256": "d" * 64}
    made = harbour["officer"].propose("index_provider", **payload)
    assert harbour["third"].approve(made)["state"] == "carried_out"
    return "Alpha"


@pytest.mark.shows("ADMI-004")
def test_a_file_of_constituents_is_hashed_in_the_page_and_taken_as_it_is(
    harbour: House, provider: str, browser: Browser
) -> None:
    with harbour["officer"].at(browser, "/staff/admission", locale="en-GB") as page:
        page.locator("summary").filter(has_text="Upload a file of an index").click()
        fields = [page.get_by_label(name, exact=False) for name in ("Provider", "Index", "Date of the file")]
        for field, text in zip(fields, (provider, "Beta Small Cap", "2026-01-31"), strict=True):
            field.fill(text)
        page.get_by_role("button", name="Upload it").click()
        expect(page.get_by_text("Choose a file first.")).to_be_visible()
        choose(page, b"Symbol\r\n\xff\xfe\r\n", "latin.csv")
        page.get_by_role("button", name="Upload it").click()
        expect(page.get_by_text("The file is no text in UTF-8.")).to_be_visible()
        choose(page, CSV, "constituents.csv")
        expect(page.get_by_role("status").filter(has_text=sha256(CSV))).to_be_visible()
        assert grave_violations(page) == []
        page.get_by_role("button", name="Upload it").click()
        expect(page.get_by_role("alert")).to_contain_text("provider")
        assert [field.input_value() for field in fields] == [provider, "Beta Small Cap", "2026-01-31"]
        expect(page.get_by_role("status").filter(has_text=sha256(CSV))).to_be_visible()
        fields[1].fill("Alpha Large Cap")
        page.get_by_role("button", name="Upload it").click()
        expect(page.get_by_role("status").filter(has_text="Taken. ")).to_be_visible()
        assert [field.input_value() for field in fields] == ["", "", ""]
        expect(page.get_by_role("cell", name="index file").first).to_be_visible()
    (entry,) = harbour["officer"].done("GET", "admission/history?subject=Alpha%20Large%20Cap")
    assert sha256(CSV) in entry["canonical"]
    with harbour["auditor"].at(browser, "/staff/admission", locale="en-GB") as page:
        expect(page.get_by_role("heading", name="History")).to_be_visible()
        expect(page.get_by_text("Upload a file of an index")).to_have_count(0)


@pytest.mark.shows("STAF-020")
def test_a_document_is_handed_over_in_parts_and_attested_by_two(harbour: House, browser: Browser) -> None:
    lost = 0

    def lose_one(route: Route) -> None:
        """The second part comes, the answer about it does not; it is sent again."""
        nonlocal lost
        if '"part":1' in (route.request.post_data or "") and not lost:
            lost += 1
            route.fetch()
            return route.abort("connectionreset")
        return route.continue_()

    with harbour["operator"].at(browser, "/staff/attestations", locale="en-GB") as page:
        expect(page.get_by_role("row", name="audit of technology")).to_contain_text("never")
        page.route("**/attestations/documents/parts", lose_one)
        page.get_by_role("button", name="Hand it over").click()
        expect(page.get_by_text("Choose a file first.")).to_be_visible()
        choose(page, WHOLE, "audit <b>2026</b>.pdf")
        expect(page.get_by_role("status").filter(has_text=sha256(WHOLE))).to_be_visible()
        page.get_by_role("button", name="Hand it over").click()
        expect(page.get_by_text("It is kept, with the SHA-256 that was computed here.")).to_be_visible()
        assert lost == 1
        expect(page.get_by_role("row", name="audit <b>2026</b>.pdf")).to_contain_text(sha256(WHOLE)[:10])
        assert grave_violations(page) == []
        page.get_by_role("link", name="Attest: audit of technology").click()
        expect(page.get_by_label("SHA-256 of the document")).to_have_value(sha256(WHOLE))
        page.get_by_role("button", name="See before and after").click()
        page.get_by_role("button", name="Propose it").click()
        page.wait_for_url("**/staff/proposals/*")
        proposal = page.url
    with harbour["officer"].at(browser, "/staff/attestations", locale="en-GB") as page:
        with page.expect_download() as sent:
            page.get_by_role("button", name="Read it: audit <b>2026</b>.pdf").click()
        assert sent.value.path().read_bytes() == WHOLE
        page.goto(proposal)
        page.get_by_role("button", name="Approve as second person").click()
        expect(page.get_by_text("technology_audit attested")).to_be_visible()
        page.goto("/staff/attestations")
        asked = page.get_by_role("row", name="audit of technology").first
        expect(asked).to_contain_text("runs out in")
        made = page.get_by_role("row", name="audit of technology").last
        expect(made).to_contain_text("operator@example.com + officer@example.com")
    (made,) = harbour["auditor"].done("GET", "attestations")["made"]
    assert (made["subject"], made["documentSha256"], made["documentIsHeld"]) == (
        "technology_audit",
        sha256(WHOLE),
        True,
    )


@pytest.mark.shows("STAF-006", "STAF-020")
def test_who_attests_nothing_sees_what_was_and_who_may_not_sees_no_page(harbour: House, browser: Browser) -> None:
    with harbour["auditor"].at(browser, "/staff/attestations", locale="en-GB") as page:
        expect(page.get_by_role("row", name="audit of custody")).to_be_visible()
        expect(page.get_by_role("button", name="Hand it over")).to_have_count(0)
        expect(page.get_by_role("link", name="Attest: audit of custody")).to_have_count(0)
    with harbour["service"].at(browser, "/staff/attestations", locale="en-GB") as page:
        expect(page.get_by_role("note")).to_contain_text("None of your roles may do this: see what was attested")


@pytest.mark.shows("STAF-020")
def test_what_is_no_document_is_refused_and_another_may_be_chosen(harbour: House, browser: Browser) -> None:
    with harbour["operator"].at(browser, "/staff/attestations", locale="en-GB") as page:
        choose(page, b"MZ no document", "program.pdf")
        page.get_by_role("button", name="Hand it over").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text=sha256(b"MZ no document"))).to_be_visible()
        choose(page, PDF + b"%another", "another.pdf")
        page.get_by_role("button", name="Hand it over").click()
        expect(page.get_by_text("It is kept, with the SHA-256")).to_be_visible()
    documents = harbour["auditor"].done("GET", "attestations")["documents"]
    assert sha256(PDF + b"%another") in {each["sha256"] for each in documents}
