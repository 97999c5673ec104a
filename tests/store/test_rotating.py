"""Keys change, and everything opens; a crash at any step leaves a directory that opens; old keys are forgotten."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, String, Table, create_engine, insert, select

from lionrock.store import rotating
from lionrock.store.rotating import change_master_key, rotate_data_key, values_by_key
from lionrock.store.sealing import KEYS_FILE, MASTER_KEY_FILE, SealBroken, Sealer, key_number, open_sealer

_metadata = MetaData()
_papers = Table(
    "papers",
    _metadata,
    Column("number", Integer, primary_key=True),
    Column("part", String, primary_key=True),
    Column("sealed_text", LargeBinary),
    Column("digest", LargeBinary),
)
ROWS = [(number, part) for number in range(60) for part in ("a", "b")]


def place(number: int, part: str) -> str:
    return f"papers:{number}:{part}"


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Path, Engine]:
    """A directory of a database with 120 sealed values and a sealed file."""
    sealer = open_sealer(tmp_path, os.urandom)
    database = create_engine(f"sqlite:///{tmp_path / 'site.sqlite'}")
    _metadata.create_all(database)
    with database.begin() as connection:
        for number, part in ROWS:
            sealed = sealer.seal(f"text {number} {part}".encode(), place(number, part))
            connection.execute(insert(_papers).values(number=number, part=part, sealed_text=sealed, digest=b"LRS1"))
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "one").write_bytes(sealer.seal(b"a scan", "documents:one"))
    (tmp_path / "notes.txt").write_bytes(b"LRS1 is no sealed value" * 4)
    return tmp_path, database


def read_all(directory: Path, database: Engine) -> None:
    sealer = open_sealer(directory, os.urandom)
    with database.connect() as connection:
        rows = connection.execute(select(_papers)).all()
    assert len(rows) == len(ROWS)
    for row in rows:
        text = sealer.open(row.sealed_text, place(row.number, row.part))
        assert text == f"text {row.number} {row.part}".encode()
        assert row.digest == b"LRS1"
    assert sealer.open((directory / "documents" / "one").read_bytes(), "documents:one") == b"a scan"


@pytest.mark.shows("KEYS-001", "KEYS-002")
def test_everything_is_sealed_again_under_a_new_key(filled: tuple[Path, Engine]) -> None:
    directory, database = filled
    before = open_sealer(directory, os.urandom)
    assert {number: count for number, count in values_by_key(directory, database).items() if number == 0} == {0: 121}
    told: list[int] = []
    rotated = rotate_data_key(directory, database, os.urandom, told.append)
    assert (rotated.current_key, rotated.sealed_again, rotated.broken) == (1, 121, 1)  # the file of notes
    assert told == list(range(1, 122))
    assert values_by_key(directory, database)[1] == 121
    read_all(directory, database)
    with database.connect() as connection:
        sealed = connection.execute(select(_papers.c.sealed_text).limit(1)).scalar_one()
    with pytest.raises(SealBroken):  # who has the old key only reads nothing new
        before.open(sealed, place(0, "a"))
    assert (directory / "notes.txt").read_bytes() == b"LRS1 is no sealed value" * 4


@pytest.mark.shows("KEYS-002")
def test_a_key_that_nothing_names_is_forgotten(filled: tuple[Path, Engine]) -> None:
    directory, database = filled
    for expected in (1, 2, 3):
        rotated = rotate_data_key(directory, database, os.urandom)
        assert rotated.current_key == expected
        assert {number for number in rotated.keys_left if number} == {expected}
    read_all(directory, database)


@pytest.mark.shows("KEYS-003")
def test_hashes_stay_when_keys_change(filled: tuple[Path, Engine]) -> None:
    directory, database = filled
    before = open_sealer(directory, os.urandom)
    rotate_data_key(directory, database, os.urandom)
    change_master_key(directory, os.urandom)
    after = open_sealer(directory, os.urandom)
    assert after.hasher("names")(b"ann") == before.hasher("names")(b"ann")
    assert after.digester("names")(b"ann") == before.digester("names")(b"ann")
    read_all(directory, database)


@pytest.mark.shows("KEYS-004")
def test_a_changed_master_key_opens_and_the_old_one_does_not(filled: tuple[Path, Engine]) -> None:
    directory, database = filled
    old = (directory / MASTER_KEY_FILE).read_bytes()
    change_master_key(directory, os.urandom)
    assert (directory / MASTER_KEY_FILE).read_bytes() != old
    assert (directory / MASTER_KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert (directory / KEYS_FILE).stat().st_mode & 0o777 == 0o600
    read_all(directory, database)
    (directory / MASTER_KEY_FILE).write_bytes(old)
    with pytest.raises(SealBroken, match=KEYS_FILE):
        open_sealer(directory, os.urandom)


class Crashed(Exception):
    pass


def _crash_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """The process dies before its n-th write, renaming or change of a row."""
    steps = 0

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def counting(*arguments: object, **more: object) -> object:
            nonlocal steps
            steps += 1
            if steps > step:
                raise Crashed
            return function(*arguments, **more)

        return counting

    for name in ("_write_file", "write_key", "update", "_sync"):
        monkeypatch.setattr(rotating, name, counted(getattr(rotating, name)))
    monkeypatch.setattr(Path, "replace", counted(Path.replace))


@pytest.mark.shows("KEYS-005")
@pytest.mark.parametrize("step", [0, 1, 2, 3, 4, 5])
def test_a_change_of_the_master_key_that_was_cut_short_leaves_one_that_opens(
    filled: tuple[Path, Engine], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    directory, database = filled
    rotate_data_key(directory, database, os.urandom)
    with monkeypatch.context() as patched:
        _crash_at(patched, step)
        with contextlib.suppress(Crashed):
            change_master_key(directory, os.urandom)
    read_all(directory, database)
    change_master_key(directory, os.urandom)
    read_all(directory, database)


@pytest.mark.shows("KEYS-005")
@pytest.mark.parametrize("step", [0, 1, 2, 3, 50, 120, 122, 123])
def test_a_rotation_that_was_cut_short_goes_on_when_it_is_run_again(
    filled: tuple[Path, Engine], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    directory, database = filled
    with monkeypatch.context() as patched:
        _crash_at(patched, step)
        with contextlib.suppress(Crashed):
            rotate_data_key(directory, database, os.urandom)
    read_all(directory, database)
    rotated = rotate_data_key(directory, database, os.urandom)
    read_all(directory, database)
    assert {number for number in values_by_key(directory, database) if number < 100} == {rotated.current_key}


@pytest.mark.shows("KEYS-006")
def test_values_from_before_there_were_data_keys_open(tmp_path: Path) -> None:
    sealer = open_sealer(tmp_path, os.urandom)
    nonce = os.urandom(12)
    master = (tmp_path / MASTER_KEY_FILE).read_bytes()
    early = nonce + AESGCM(master).encrypt(nonce, b"early", b"room:1")
    assert key_number(early) is None
    assert sealer.open(early, "room:1") == b"early"
    with pytest.raises(SealBroken):
        sealer.open(early, "room:2")
    database = create_engine(f"sqlite:///{tmp_path / 'site.sqlite'}")
    rotate_data_key(tmp_path, database, os.urandom)
    change_master_key(tmp_path, os.urandom)
    assert open_sealer(tmp_path, os.urandom).open(early, "room:1") == b"early"


@pytest.mark.shows("KEYS-001")
@pytest.mark.parametrize("position", [4, 8, 20, 24, 40, -1])
def test_no_byte_of_a_value_can_be_changed(position: int) -> None:
    sealer = Sealer(bytes(32), os.urandom)
    sealed = bytearray(sealer.seal(b"secret of some length", "room:1"))
    sealed[position] ^= 1
    with pytest.raises(SealBroken):
        sealer.open(bytes(sealed), "room:1")
    with pytest.raises(SealBroken):
        sealer.seal_again(bytes(sealed))


def test_a_copied_directory_is_its_own(filled: tuple[Path, Engine], tmp_path_factory: pytest.TempPathFactory) -> None:
    directory, database = filled
    copy = tmp_path_factory.mktemp("elsewhere") / "site"
    shutil.copytree(directory, copy)
    rotate_data_key(directory, database, os.urandom)
    read_all(copy, create_engine(f"sqlite:///{copy / 'site.sqlite'}"))
