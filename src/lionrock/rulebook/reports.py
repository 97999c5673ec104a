"""The matrix as files: JSON for programs, a workbook for officers, pages for a regulator. All hold the same."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from lionrock.rulebook.code_version import CodeVersion
from lionrock.rulebook.marks import Mark
from lionrock.rulebook.matrix import Row, counts
from lionrock.rulebook.regime import Conflict
from lionrock.rulebook.verify import MARKS
from lionrock.views.sql.statement_files import safe_cell, time_text
from lionrock.views.typesetting import set_pages, tell_undrawn

_log = logging.getLogger(__name__)


class Report(msgspec.Struct, frozen=True):
    """Where a site stood at a moment."""

    site: str
    licences: tuple[str, ...]
    at_ns: int
    rules_version: str
    code: CodeVersion
    rows: tuple[Row, ...]
    conflicts: tuple[Conflict, ...]
    marks: tuple[Mark, ...] = ()


COLUMNS = (
    "id",
    "licence",
    "instrument",
    "paragraph",
    "what it asks",
    "trust",
    "kind",
    "severity",
    "controls",
    "status",
    "reason",
    "next step",
    "waits for",
    "tests",
    "last evidence",
    "run",
    "journal sequence",
)
_WIDTHS = (10, 12, 30, 14, 60, 12, 12, 10, 30, 12, 50, 40, 14, 40, 30, 34, 12)
_COLOURS = {"pass": "#d9f2d9", "attested": "#d9f2d9", "due": "#fff2cc", "declared": "#e8e8e8", "unconfirmed": "#e8e8e8"}
_RED = "#f8d0d0"


def run_ns(rows: Sequence[Row]) -> int:
    """When the newest run was whose evidence the rows rest on; 0 where there is none."""
    return max((row.evidence.at_ns for row in rows if row.evidence is not None), default=0)


def rule_as_data(row: Row) -> dict[str, Any]:
    """One rule for programs."""
    return {
        "id": row.id,
        "version": row.version,
        "licence": row.licence,
        "instrument": row.instrument,
        "paragraph": row.paragraph,
        "words": row.words,
        "trust": row.trust.value,
        "kind": row.kind.value,
        "severity": row.severity.value,
        "cadence": row.cadence.value,
        "controls": list(row.controls),
        "status": row.status.value,
        "reason": row.reason,
        "next_step": row.next_step,
        "waits_for": row.waits_for,
        "tests": list(row.tests),
        "evidence": msgspec.to_builtins(row.evidence) | {"time": time_text(row.evidence.at_ns)}
        if row.evidence
        else None,
    }


def as_data(report: Report) -> dict[str, Any]:
    """The whole report for programs."""
    return {
        "site": report.site,
        "licences": list(report.licences),
        "marks": [mark.value for mark in report.marks],
        "at_ns": report.at_ns,
        "time": time_text(report.at_ns),
        "run_at_ns": run_ns(report.rows),
        "run_time": time_text(run_ns(report.rows)) if run_ns(report.rows) else "",
        "rules_version": report.rules_version,
        "code": msgspec.to_builtins(report.code),
        "counts": counts(report.rows),
        "rules": [rule_as_data(row) for row in report.rows],
        "conflicts": [
            {
                "control": each.control,
                "about": json.loads(each.about),
                "applies_if": each.condition,
                "field": each.disagreement.field,
                "said": [
                    {"rule": said.rule, "value": msgspec.to_builtins(said.value)} for said in each.disagreement.said
                ],
                "holds": msgspec.to_builtins(each.disagreement.holds),
                "outcome": each.disagreement.outcome,
            }
            for each in report.conflicts
        ],
    }


def as_json(report: Report) -> bytes:
    return json.dumps(as_data(report), ensure_ascii=False, indent=1).encode()


def as_xlsx(report: Report) -> bytes:
    """A sheet of rules that can be filtered, one of conflicts, one of where it comes from."""
    import xlsxwriter  # noqa: PLC0415 - only who writes such a file waits for it

    data = as_data(report)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        colours = {
            status: book.add_format({"bg_color": _COLOURS.get(status, _RED), "valign": "top"})
            for status in data["counts"]
        }
        for mark in data["marks"]:
            _sheet(book.add_worksheet(mark.upper().replace("_", " ")), bold, wrapped, [[MARKS[mark]]])
        sheet = book.add_worksheet("Rules")
        sheet.freeze_panes(1, 1)
        for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name, bold)
        for number, rule in enumerate(data["rules"], 1):
            for column, cell in enumerate(_cells(rule)):
                colour = colours[rule["status"]] if COLUMNS[column] == "status" else wrapped
                sheet.write_string(number, column, safe_cell(cell), colour)
        sheet.autofilter(0, 0, len(data["rules"]), len(COLUMNS) - 1)
        _sheet(book.add_worksheet("Conflicts"), bold, wrapped, _conflict_rows(data["conflicts"]))
        _sheet(book.add_worksheet("Where from"), bold, wrapped, _head_rows(data))
    return file.getvalue()


def _sheet(sheet: Any, bold: Any, wrapped: Any, rows: Sequence[Sequence[str]]) -> None:
    sheet.set_column(0, 8, 32)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, safe_cell(cell), bold if number == 0 else wrapped)


def _cells(rule: dict[str, Any]) -> list[str]:
    evidence = rule["evidence"] or {"time": "", "run_id": "", "sequence": ""}
    told = [rule[name] for name in ("id", "licence", "instrument", "paragraph", "words", "trust", "kind", "severity")]
    told += [", ".join(rule["controls"]), rule["status"], rule["reason"], rule["next_step"], rule["waits_for"]]
    return [*told, "\n".join(rule["tests"]), evidence["time"], evidence["run_id"], str(evidence["sequence"])]


def _conflict_rows(conflicts: Sequence[dict[str, Any]]) -> list[list[str]]:
    head = ["control", "about", "applies if", "field", "what the rules say", "what holds", "outcome"]
    return [
        head,
        *(
            [
                each["control"],
                json.dumps(each["about"]),
                each["applies_if"],
                each["field"],
                "\n".join(f"{said['rule']}: {json.dumps(said['value'])}" for said in each["said"]),
                json.dumps(each["holds"]),
                each["outcome"],
            ]
            for each in conflicts
        ),
    ]


def _head_rows(data: dict[str, Any]) -> list[list[str]]:
    told = {f"MARK: {mark}": MARKS[mark] for mark in data["marks"]}
    told |= {"site": data["site"], "licences": ", ".join(data["licences"]), "time": data["time"]}
    told |= {"rules version": data["rules_version"], "package": data["code"]["package"]}
    told |= {"packs SHA-256": data["code"]["packs_sha256"], "controls SHA-256": data["code"]["controls_sha256"]}
    told |= {f"rules with status {status}": str(count) for status, count in data["counts"].items()}
    return [["what", "value"], *([name, value] for name, value in told.items())]


def as_pdf(report: Report) -> bytes:
    """For people. What no font draws is told in the log."""
    told = as_data(report) | {"mark_words": [MARKS[mark] for mark in report.marks]}
    printed = set_pages(_PAGES, json.dumps(told, ensure_ascii=False).encode())
    tell_undrawn(_log, f"Rulebook of {report.site}", printed)
    return printed.pdf


_PAGES = """
#let r = data
#set document(title: "Rulebook of " + r.site, date: none)
#set page(
  paper: "a4", flipped: true, margin: 12mm,
  footer: context [#text(size: 7pt)[Rulebook of #r.site, #r.time #r.marks.join(", ")
    #h(1fr) #counter(page).display("1 / 1", both: true)]],
)
#set text(size: 7.5pt)
#let mono(t) = text(font: fixed, size: 6pt, t)
#let red = rgb("#f8d0d0")
#let colour(s) = if s == "pass" or s == "attested" { rgb("#d9f2d9") } else if s == "due" { rgb("#fff2cc") } else if (
  s == "unconfirmed" or s == "declared") { rgb("#e8e8e8") } else { red }

= Rulebook of #r.site
#for w in r.mark_words [*#upper(w)*\\
]
Licences #r.licences.join(", "), at #r.time. Rules #mono(r.rules_version), packs #mono(r.code.packs_sha256), controls
#mono(r.code.controls_sha256), Lionrock #r.code.package.

#table(columns: r.counts.len(), stroke: 0.3pt,
  ..r.counts.keys().map(k => [*#k*]), ..r.counts.pairs().map(((k, v)) => str(v)))
Green are `pass` and `attested`. What has no data, no test or no evidence is red; a row from memory is never green.
#told-undrawn

== Rules
#table(
  columns: (auto, 1.1fr, 2fr, auto, 1fr, auto, 1.6fr, 1.2fr), stroke: 0.2pt, inset: 3pt,
  table.header([*Rule*], [*Clause*], [*What it asks*], [*Kind*], [*Control*], [*Status*], [*Why*], [*Evidence*]),
  ..r.rules.map(e => (
    [#e.id \\ #e.version], [#e.instrument, #e.paragraph (#e.trust)], [#e.words], [#e.kind],
    [#e.controls.join(", ") \\ tests: #str(e.tests.len())], table.cell(fill: colour(e.status))[#e.status],
    [#said(e.reason) #said(e.next_step)],
    if e.evidence == none [none] else [#e.evidence.time \\ command #e.evidence.sequence],
  )).flatten(),
)

#if r.conflicts.len() > 0 [
  == Where rules of the licences disagree
  #table(
    columns: (1fr, 1fr, 2fr, 1fr), stroke: 0.2pt, inset: 3pt,
    table.header([*Control*], [*Field*], [*What the rules say*], [*Outcome*]),
    ..r.conflicts.map(e => (
      [#e.control], [#e.field], e.said.map(s => [#s.rule: #json.encode(s.value)]).join(linebreak()), [#e.outcome],
    )).flatten(),
  )
]
"""

FORMATS: dict[str, Callable[[Report], bytes]] = {"json": as_json, "pdf": as_pdf, "xlsx": as_xlsx}
"""What writes each form."""
