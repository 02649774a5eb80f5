"""Sealing: what was moved, changed or sealed elsewhere does not open; keys rotate and prints stay."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import pytest

from engine.runtime.vault import KEY_BYTES, Unsealable, Vault

TEXT, PLACE = "031090001234", "subject.identity.7"


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    vault = Vault.fresh()

    sealed = vault.seal(TEXT, PLACE)

    assert vault.open(sealed, PLACE) == TEXT
    assert TEXT not in sealed
    assert TEXT.encode() not in urlsafe_b64decode(sealed.partition(".")[2])


def test_the_same_text_never_looks_the_same_twice() -> None:
    vault = Vault.fresh()

    assert len({vault.seal(TEXT, PLACE) for _ in range(50)}) == 50


def test_vietnamese_text_and_none_at_all_can_be_sealed() -> None:
    vault = Vault.fresh()

    assert [vault.open(vault.seal(text, PLACE), PLACE) for text in ("", "Đặng Thị Ánh")] == ["", "Đặng Thị Ánh"]


def test_a_sealed_value_does_not_open_in_another_row() -> None:
    vault = Vault.fresh()
    sealed = vault.seal(TEXT, PLACE)

    for place in ("subject.identity.8", "subject.birth_date.7", ""):
        with pytest.raises(Unsealable):
            vault.open(sealed, place)


def test_no_single_changed_bit_goes_unnoticed() -> None:
    vault = Vault.fresh()
    name, _, encoded = vault.seal(TEXT, PLACE).partition(".")
    content = urlsafe_b64decode(encoded)

    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unsealable):
            vault.open(f"{name}.{urlsafe_b64encode(bytes(changed)).decode()}", PLACE)


@pytest.mark.parametrize("sealed", ["", ".", "k1", "k1.", "k1.AAAA", "k1.é", "k1.*", "k9.AAAA", TEXT])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(Unsealable):
        Vault.fresh().open(sealed, PLACE)


def test_another_key_does_not_open_it_and_the_refusal_does_not_tell_the_text() -> None:
    sealed = Vault.fresh().seal(TEXT, PLACE)

    with pytest.raises(Unsealable) as refusal:
        Vault.fresh().open(sealed, PLACE)

    assert TEXT not in str(refusal.value)
    assert sealed not in str(refusal.value)


def test_a_rotated_vault_opens_the_old_and_seals_with_the_new() -> None:
    old = Vault.fresh()
    before = old.seal(TEXT, PLACE)

    new = old.rotated()
    after = new.seal(TEXT, PLACE)

    assert (new.open(before, PLACE), new.open(after, PLACE)) == (TEXT, TEXT)
    assert (new.is_current(before), new.is_current(after), old.is_current(before)) == (False, True, True)
    with pytest.raises(Unsealable):
        old.open(after, PLACE)


def test_many_rotations_lose_nothing() -> None:
    vault, kept = Vault.fresh(), []
    for _ in range(12):
        kept.append(vault.seal(TEXT, PLACE))
        vault = vault.rotated()

    assert {vault.open(sealed, PLACE) for sealed in kept} == {TEXT}
    assert len({sealed.partition(".")[0] for sealed in kept}) == 12


def test_fingerprints_are_equal_for_equal_texts_and_survive_rotation() -> None:
    vault = Vault.fresh()

    prints = {vault.fingerprint(TEXT), vault.rotated().fingerprint(TEXT), vault.rotated().rotated().fingerprint(TEXT)}

    assert len(prints) == 1
    assert vault.fingerprint("031090001235") not in prints
    assert Vault.fresh().fingerprint(TEXT) not in prints, "without the key nobody can try all twelve digits"


def test_a_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys"

    sealed = Vault.at(path).seal(TEXT, PLACE)

    assert Vault.at(path).open(sealed, PLACE) == TEXT
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys"]


def test_a_key_file_is_never_overwritten_by_new_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    Vault.fresh().save(path)
    before = path.read_bytes()

    with pytest.raises(FileExistsError):
        Vault.fresh().save(path)

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["keys"]


def test_a_rotated_vault_takes_the_place_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    vault = Vault.at(path)
    sealed, printed = vault.seal(TEXT, PLACE), vault.fingerprint(TEXT)

    vault.rotated().replace(path)

    found = Vault.at(path)
    assert (found.open(sealed, PLACE), found.fingerprint(TEXT)) == (TEXT, printed)
    assert not found.is_current(sealed)
    assert path.stat().st_mode & 0o777 == 0o600


def _stored(**more: object) -> str:
    key = urlsafe_b64encode(bytes(KEY_BYTES)).decode()
    return json.dumps({"current": "k1", "keys": {"k1": key}, "print": key} | more)


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "null", "not json", _stored(current="k2"), _stored(keys={"k1": "AAAA"}), _stored(keys=["k1"]),
     _stored(print="AAAA"), _stored(print=None), json.dumps({"current": "k1", "keys": {}})],
)  # fmt: skip
def test_a_file_that_is_no_key_file_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys"
    path.write_text(content)

    with pytest.raises(ValueError, match="keys is no key file"):
        Vault.at(path)

    assert path.read_text() == content
