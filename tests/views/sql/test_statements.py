"""Statements drawn from both databases, against the core, and what makes one impossible."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections import Counter
from pathlib import Path

import pypdf
import pytest
import typst
from sqlalchemy import select, update
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.sim.workload import random_flow
from lionrock.views.sql import statement_files
from lionrock.views.sql.database import open_views
from lionrock.views.sql.reading import LAST_KEY
from lionrock.views.sql.statement_files import FORMATS, as_csv, as_json, safe_cell
from lionrock.views.sql.statements import (
    AccountUnknown,
    Amounts,
    Statement,
    StatementTooLong,
    StatementWrong,
    draw_statement,
)
from lionrock.views.sql.tables import accounts, assets, ledger_entries
from tests.views.sql.databases import Site, follow


def draw(site: Site, url: str, account_id: int, from_ns: int = 0, until_ns: int = LAST_KEY) -> Statement:
    with open_views(url, for_writing=False).connect() as connection:
        return draw_statement(connection, site.directory, account_id, from_ns, until_ns, most_lines=100_000)


def account_ids(url: str) -> list[int]:
    with open_views(url, for_writing=False).connect() as connection:
        return list(connection.execute(select(accounts.c.account_id).order_by(accounts.c.account_id)).scalars())


def busiest(url: str) -> int:
    """The account with the most entries."""
    with open_views(url, for_writing=False).connect() as connection:
        [(account_id, _)] = Counter(connection.execute(select(ledger_entries.c.account_id)).scalars()).most_common(1)
    return int(account_id)


@pytest.mark.shows("HIST-011")
def test_every_account_adds_up_to_the_core(url: str, site: Site) -> None:
    """Operator's accounts as well; and cut in three, the parts follow one from the other."""
    first, second, third = random_flow(41, 3_000)
    site.append(first)
    one_ns = site.core.last_time_ns + 1
    site.append(second)
    two_ns = site.core.last_time_ns + 1
    site.append(third)
    follow(site.directory, url)
    in_core = site.balances()
    seen: dict[tuple[int, int], tuple[int, int]] = {}
    for account_id in account_ids(url):
        whole = draw(site, url, account_id)
        seen |= {(account_id, each.asset_id): each.closing for each in whole.totals if any(each.closing)}
        parts = [draw(site, url, account_id, *span) for span in ((0, one_ns), (one_ns, two_ns), (two_ns, LAST_KEY))]
        assert [line for part in parts for line in part.lines] == whole.lines
        for earlier, later in itertools.pairwise(parts):
            begun = {each.asset_id: each.opening for each in later.totals if any(each.opening)}
            assert begun == {each.asset_id: each.closing for each in earlier.totals if any(each.closing)}
        for each in whole.totals:
            lines = [line for line in whole.lines if line.asset_id == each.asset_id]
            assert (lines[-1].after if lines else Amounts(0, 0)) == each.closing
    assert seen == in_core
    assert len(seen) > 10


@pytest.mark.shows("HIST-011")
@pytest.mark.parametrize("column", ["available_change_atoms", "available_atoms", "held_change_atoms"])
def test_rows_that_were_changed_make_no_statement(url: str, site: Site, column: str) -> None:
    site.play(random_flow(42, 1_000))
    database = follow(site.directory, url)
    with database.connect() as connection:
        wanted = select(ledger_entries).order_by(ledger_entries.c.entry_id.desc()).limit(1)
        last = connection.execute(wanted).one()
    draw(site, url, last.account_id)
    with database.begin() as connection:
        changed = {column: ledger_entries.c[column] + 1}
        connection.execute(update(ledger_entries).where(ledger_entries.c.entry_id == last.entry_id).values(changed))
    with pytest.raises(StatementWrong, match=f"asset {last.asset_id}"):
        draw(site, url, last.account_id)


@pytest.mark.shows("HIST-015")
def test_too_many_entries_are_refused(url: str, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.play(random_flow(43, 1_000))
    follow(site.directory, url)
    account_id = busiest(url)
    count = len(draw(site, url, account_id).lines)
    assert count > 2
    with open_views(url, for_writing=False).connect() as connection:
        with pytest.raises(StatementTooLong, match=f"more than {count - 1} entries"):
            draw_statement(connection, site.directory, account_id, 0, LAST_KEY, most_lines=count - 1)
        assert draw_statement(connection, site.directory, account_id, 0, LAST_KEY, most_lines=count)
        with pytest.raises(AccountUnknown):
            draw_statement(connection, site.directory, 987_654, 0, LAST_KEY, most_lines=1)
    monkeypatch.setattr(statement_files, "MOST_PDF_LINES", 1)
    arguments = ["views", "statement", str(site.directory), "--database", url, "--account", str(account_id)]
    arguments += ["--from", "1970-01-01", "--to", "2200-01-01T00:00:00Z"]
    refused = CliRunner().invoke(app, [*arguments, "--format", "pdf", "--json"])
    assert refused.exit_code == 3
    assert json.loads(refused.stderr)["next_step"] == "ask for a shorter time, or for CSV or Parquet"
    made = CliRunner().invoke(app, [*arguments, "--format", "csv"])
    assert made.exit_code == 0
    assert made.stdout.count("\nentry,") == count


@pytest.mark.shows("HIST-014")
def test_no_cell_of_a_csv_is_a_formula(site: Site, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'views.sqlite'}"
    site.play(random_flow(44, 500))
    database = follow(site.directory, url)
    with database.begin() as connection:
        connection.execute(update(assets).values(code='=HYPERLINK("x")'))
    for account_id in account_ids(url):
        for row in csv.reader(io.StringIO(as_csv(draw(site, url, account_id)).decode())):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
                assert not cell.startswith("-") or cell[1:].replace(".", "").isdigit(), cell
    assert [safe_cell(text) for text in ("=1", "+1", "-1", "@x", "\tx", "\rx")] == [
        "'=1", "'+1", "'-1", "'@x", "'\tx", "'\rx",
    ]  # fmt: skip
    assert safe_cell("BTC") == "BTC"


@pytest.mark.shows("HIST-012")
def test_what_is_printed_is_no_instruction(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that would be an instruction to the typesetter gives the same document as any other."""
    url = f"sqlite:///{tmp_path / 'views.sqlite'}"
    site.play(random_flow(44, 500))
    database = follow(site.directory, url)
    account_id = busiest(url)
    with database.begin() as connection:
        connection.execute(update(assets).values(code='#panic("taken for code") *x* $'))
    made = FORMATS["pdf"][1](draw(site, url, account_id))
    printed = pypdf.PdfReader(io.BytesIO(made)).pages[0].extract_text()
    assert '#panic("taken for code") *x* $' in printed
    assert "taken for code" in as_json(draw(site, url, account_id)).decode()
    with pytest.raises(typst.TypstError):
        typst.compile(b'#panic("taken for code") *x* $')


@pytest.mark.shows("HIST-013")
def test_before_any_checkpoint_it_says_so(url: str, site: Site) -> None:
    site.play(random_flow(45, 500))
    follow(site.directory, url)
    drawn = draw(site, url, busiest(url))
    assert (drawn.checkpoint, drawn.is_covered) == (None, False)
    assert drawn.position.sequence == site.core.last_sequence
    assert json.loads(as_json(drawn))["journalFrameHash"] == (drawn.position.frame_hash or b"").hex()


def test_the_command_refuses_what_it_does_not_know(site: Site) -> None:
    site.play(random_flow(45, 500))
    follow(site.directory, f"sqlite:///{site.directory / 'views.sqlite'}")
    arguments = ["views", "statement", str(site.directory), "--account", "1", "--to", "1"]
    for more in (["--from", "yesterday"], ["--from", "0", "--format", "exe"], ["--from", "0", "--account", "77777"]):
        result = CliRunner().invoke(app, [*arguments, *more])
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
