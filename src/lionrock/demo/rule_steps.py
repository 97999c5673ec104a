"""Steps of the rules: the matrix with the evidence of today, and a refusal in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from lionrock.demo.pictures import matrix_picture
from lionrock.demo.stage import Stage
from lionrock.people.staff.roles import Role

LANGUAGE = "zh-Hant"
ROWS = 4
"""Of each status that are shown of the matrix."""


def matrix(stage: Stage) -> None:
    officer = stage.staff[Role.COMPLIANCE_OFFICER]
    run = officer.call("POST", "rulebook/run", {})
    shown = officer.call("GET", "rulebook")
    stage.draw(matrix_picture(shown, ROWS))
    for line in _left_out(shown["counts"]):
        stage.tell(line)
    stage.check(shown["runAtMs"] == run["atMs"], f"every rule was asked just now: {_counted(shown['counts'])}")
    passed = [row for row in shown["rows"] if row["status"] == "pass"]
    stage.check(
        bool(passed) and all(row["evidenceSequence"] and row["tests"] for row in passed),
        f"each of the {len(passed)} that pass names its tests and where the journal has the hash of its evidence",
    )
    waiting = [row for row in shown["rows"] if row["status"] == "no_data"]
    stage.check(
        all(row["waitsFor"] or row["reason"] for row in waiting),
        f"{len(waiting)} have no data and say why: red is shown as red, here as on the staff's page",
    )


def _left_out(counts: dict[str, int]) -> Iterator[str]:
    every, rest = sum(counts.values()), {status: number - ROWS for status, number in counts.items() if number > ROWS}
    yield f"These are {every - sum(rest.values())} of {every} rules, at most {ROWS} of each status."
    yield f"Left out are {_counted(rest)}; the staff's page and `lionrock rulebook check` have all."


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {status.replace('_', ' ')}" for status, number in sorted(counts.items()) if number)


def language(stage: Stage) -> None:
    name = stage.refusal["lionrock"]["name"]
    texts = httpx.get(f"{stage.url}/refusals.{LANGUAGE}.json").raise_for_status().json()
    stage.tell(f"The client whose order was refused reads, with her page in traditional Chinese ({stage.url}):")
    stage.tell(f"   {texts[name]} {texts[f'{name}.next']}")
    stage.check(not texts[name].isascii(), f"{name} has words and a next step in {LANGUAGE}")
    page = httpx.get(stage.url, headers={"Accept": "text/html"}).raise_for_status()
    stage.check(
        "content-security-policy" in page.headers, "the page comes from the venue itself, under a strict policy"
    )
