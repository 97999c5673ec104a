"""A return as a workbook. Amounts are text, exact to the last digit, and no cell is a formula."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import msgspec
import xlsxwriter

from lionrock.compliance.capital.documents import CapitalReturn, CyberReturn, MonthlyStatistics, Reconciliation

ReturnDocument = CapitalReturn | MonthlyStatistics | Reconciliation | CyberReturn

_WIDTHS = (34, 30, 30, 22, 22, 12)
_SUMMARY = "Return"


def as_workbook(document: ReturnDocument) -> bytes:
    """One sheet with what stands alone, one for each table."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": document.return_id, "created": _prepared(document)})
    head = book.add_format({"bold": True, "bg_color": "#f1f4f8", "bottom": 1})
    plain = book.add_format({"align": "left"})
    right = book.add_format({"align": "right"})
    told: dict[str, Any] = msgspec.to_builtins(document)
    summary = _sheet(book, _SUMMARY)
    summary.write_row(0, 0, ["Field", "Value"], head)
    number = 1
    for name, value in _flat(told):
        summary.write_string(number, 0, name.replace("_", " "), plain)
        summary.write_string(number, 1, value, plain)
        number += 1
    for name, rows in told.items():
        if isinstance(rows, list | tuple) and rows and isinstance(rows[0], dict):
            sheet = _sheet(book, name.replace("_", " ").capitalize()[:31])
            columns = list(rows[0])
            sheet.write_row(0, 0, [column.replace("_", " ").capitalize() for column in columns], head)
            for line, row in enumerate(rows, 1):
                for place, column in enumerate(columns):
                    sheet.write_string(line, place, str(row[column]), right if _is_amount(row[column]) else plain)
    book.close()
    return made.getvalue()


def _sheet(book: xlsxwriter.Workbook, name: str) -> Any:
    sheet = book.add_worksheet(name)
    for place, width in enumerate(_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
    return sheet


def _flat(told: dict[str, Any]) -> list[tuple[str, str]]:
    """What stands alone, and the parts of entity and period."""
    found: list[tuple[str, str]] = []
    for name, value in told.items():
        if isinstance(value, dict):
            found += [(f"{name} {part}", str(each)) for part, each in value.items()]
        elif isinstance(value, list | tuple):
            found += [(name, str(each)) for each in value if not isinstance(each, dict)]
        else:
            found.append((name, str(value)))
    return found


def _is_amount(value: object) -> bool:
    return isinstance(value, int) or str(value).lstrip("-").replace(".", "", 1).isdigit()


def _prepared(document: ReturnDocument) -> datetime:
    return datetime.fromisoformat(document.prepared_at[:19])
