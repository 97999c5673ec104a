"""A file for the regulator: rules, findings, evidence, hashes of inputs, and proof that the journal held it all.

It is JSON. `contents` is a text, so that its bytes are what was signed; inside is canonical JSON. `signature` is a
signed note (C2SP) over the SHA-256 of that text, by the key that signs the site's checkpoints. `rulebook/verify.py`
checks it alone, without anything else of Lionrock.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from lionrock.journal.proofs import prove_inclusion
from lionrock.journal.verify import Progress
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.explaining import change_told
from lionrock.rulebook.regime import Regime
from lionrock.rulebook.reports import Report, as_data
from lionrock.rulebook.verify import KIND, signed_text

Sign = Callable[[str], str]
"""Gives the signed note of a text that ends with a line break."""


class CannotBundle(Exception):
    """There is no evidence in the journal, or not under a checkpoint yet."""


def make_bundle(
    report: Report,
    regime: Regime,
    store: EvidenceStore,
    directory: Path,
    sign: Sign,
    *,
    with_inputs: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> bytes:
    """The bundle of the newest evidence up to the report's moment; `with_inputs` puts the facts themselves in.

    Raises `CannotBundle`, `EvidenceBroken`, and what `prove_inclusion` raises.
    """
    run_id = store.newest(report.at_ns)
    if run_id is None:
        raise CannotBundle("no run of the rulebook stands in the journal; let the site run it first")
    stored = store.read(run_id)
    assert stored.sequence is not None  # noqa: S101 newest() gives stated runs only
    keys = sorted({used.sha256 for found in stored.run.rules for used in found.inputs})
    contents = {
        "kind": KIND,
        "report": as_data(report),
        "rules": _rules(regime, {(found.id, found.version) for found in stored.run.rules}),
        "run": stored.document.decode(),
        "inputs": {key: base64.b64encode(store.facts(key)).decode() for key in keys} if with_inputs else {},
        "proof": prove_inclusion(directory, stored.sequence, None, progress, with_frame=True),
    }
    text = canonical(contents).decode()
    note = sign(signed_text(report.site, sha256(text.encode()).hexdigest()))
    return json.dumps({"kind": KIND, "contents": text, "signature": note}, indent=1).encode()


def _rules(regime: Regime, versions: set[tuple[str, str]]) -> Sequence[dict[str, Any]]:
    """The rows of the packs that the run judged, each as the canonical text that its hash is of."""
    return [
        {
            "licence": rule.licence,
            "row": canonical(rule.loaded.rule).decode(),
            "sha256": rule.loaded.digest,
            "changes": [change_told(each) for each in rule.changes],
        }
        for each in regime.by_id.values()
        for rule in each
        if (rule.id, rule.loaded.version) in versions
    ]
