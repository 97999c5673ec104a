"""The files of the web application as a browser is given them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lionrock.web.pages import POLICY, Pages

HTML = {b"accept": b"text/html,application/xhtml+xml"}
PACKED = {b"accept-encoding": b"br, gzip"}


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    folder = tmp_path / "built"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Lionrock</title>" + " " * 400)
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "index-abc.js").write_text("export const a = 1;\n" * 100)
    (folder / "assets" / "inter.woff2").write_bytes(b"wOF2" * 200)
    (tmp_path / "secret.txt").write_text("not for anybody")
    return Pages(folder)


def found(pages: Pages, path: str, headers: dict[bytes, bytes] | None = None) -> tuple[dict[bytes, bytes], bytes]:
    answer = pages.find(path, headers or {})
    assert answer is not None
    assert answer[0] == 200
    names = [name for name, _ in answer[1]]
    assert len(set(names)) == len(names)
    told = dict(answer[1])
    assert int(told[b"content-length"]) == len(answer[2])
    return told, answer[2]


def test_an_address_of_the_application_is_the_one_page(pages: Pages) -> None:
    for path in ("/", "/trade/BTCUSDT", "/staff/cases/17", "/no-such-thing"):
        told, body = found(pages, path, HTML)
        assert told[b"content-type"] == b"text/html; charset=utf-8"
        assert body.startswith(b"<!doctype html>")


@pytest.mark.parametrize("headers", [{}, {b"accept": b"application/json"}, {b"accept": b"*/*"}])
def test_what_asks_for_no_page_is_told_that_there_is_none(pages: Pages, headers: dict[bytes, bytes]) -> None:
    assert pages.find("/api/v1/nothing", headers) is None
    assert pages.find("/missing.js", headers) is None
    assert pages.find("/missing.js", HTML) is None


@pytest.mark.shows("WEBP-005")
def test_what_is_named_by_its_content_is_kept_for_a_year_and_the_page_is_asked_for_again(pages: Pages) -> None:
    assert b"immutable" in found(pages, "/assets/index-abc.js")[0][b"cache-control"]
    for path in ("/index.html", "/icon.svg"):
        assert found(pages, path)[0][b"cache-control"] == b"no-cache"
    assert found(pages, "/orders", HTML)[0][b"cache-control"] == b"no-cache"


def test_text_is_packed_for_who_takes_that_and_plain_for_others(pages: Pages) -> None:
    plain, body = found(pages, "/assets/index-abc.js")
    packed, small = found(pages, "/assets/index-abc.js", PACKED)
    assert packed[b"content-encoding"] == b"gzip"
    assert b"content-encoding" not in plain
    assert plain[b"vary"] == packed[b"vary"] == b"accept-encoding"
    assert gzip.decompress(small) == body
    assert len(small) < len(body)


def test_a_font_is_not_packed_twice_and_a_small_file_not_at_all(pages: Pages) -> None:
    for path in ("/assets/inter.woff2", "/icon.svg"):
        told = found(pages, path, PACKED)[0]
        assert b"content-encoding" not in told
        assert b"vary" not in told


@pytest.mark.shows("WEBP-001")
def test_every_file_comes_with_the_policy(pages: Pages) -> None:
    for path in ("/", "/index.html", "/icon.svg", "/assets/index-abc.js", "/assets/inter.woff2"):
        told = found(pages, path, HTML)[0]
        assert told[b"content-security-policy"].decode() == POLICY
        assert told[b"x-frame-options"] == b"DENY"
        assert told[b"x-content-type-options"] == b"nosniff"
    rules = dict(rule.strip().partition(" ")[::2] for rule in POLICY.split(";"))
    assert (rules["default-src"], rules["script-src"], rules["style-src"]) == ("'none'", "'self'", "'self'")
    assert (rules["frame-ancestors"], rules["form-action"], rules["base-uri"]) == ("'none'", "'none'", "'none'")
    assert "unsafe" not in POLICY


@pytest.mark.shows("WEBP-006")
@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/assets/../../secret.txt", "/assets/%2e%2e/secret.txt"),
        *("//secret.txt", "/..\\secret.txt", "/secret.txt\0"),
    ],
)
def test_no_path_leads_out_of_the_folder(pages: Pages, path: str) -> None:
    for headers in ({}, HTML):
        answer = pages.find(path, headers)
        assert answer is None or b"not for anybody" not in answer[2]


def test_without_a_build_there_are_no_pages(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "nothing")
    for path in ("/", "/index.html", "/trade/BTCUSDT"):
        assert pages.find(path, HTML) is None
