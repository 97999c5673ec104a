"""Defects of a core that was saved and goes on: what it forgot."""

from __future__ import annotations

from tests.defects.defect import Defect

IN_SAVING = (
    Defect(
        "loaded-core-permits-every-asset",
        "STAT-002",
        '    engine.gates.forbidden = set(objects["forbidden"])\n',
        "",
    ),
    Defect(
        "loaded-core-does-not-know-its-oldest-trade",
        "STAT-002",
        "    trades.first, trades.after_last, trades.oldest_ns = ",
        "    trades.first, trades.after_last, _ = ",
    ),
    Defect(
        "loaded-core-counts-its-commands-anew",
        "STAT-002",
        "    engine.matching.trades, engine.matching.command = ",
        "    engine.matching.trades, _ = ",
    ),
    Defect(
        "loaded-core-does-not-know-the-next-expiry",
        "STAT-002",
        "    engine.standing.site_stopped, engine.standing.next_expiry_ns = ",
        "    engine.standing.site_stopped, _ = ",
    ),
    Defect(
        "loaded-core-has-forgotten-what-custody-owes",
        "STAT-002",
        '    ledger.owed_atoms = objects["owed_atoms"]\n',
        "",
    ),
    Defect(
        "loaded-core-lists-a-code-again",
        "STAT-002",
        '    engine.listing.codes, engine.listing.symbols = map(set, objects["listing"][2:])\n',
        "",
    ),
    Defect(
        "loaded-core-does-not-know-when-a-client-id-is-free",
        "STAT-002",
        "    ids.free_id, ids.first_ended, ids.last_ended, ids.next_free_ns = ",
        "    ids.free_id, ids.first_ended, ids.last_ended, _ = ",
    ),
    Defect(
        "loaded-core-does-not-use-a-ladders-free-nodes",
        "STAT-002",
        "    book.free_order, book.free_level, book.ladder.free_node = ",
        "    book.free_order, book.free_level, _ = ",
    ),
    Defect(
        "damaged-bytes-are-loaded",
        "STAT-002",
        "if data[: len(SAVED)] != SAVED or hashlib.sha256(body).digest() != data[len(SAVED) : start]:",
        "if data[: len(SAVED)] != SAVED:",
    ),
)
