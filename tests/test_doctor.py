"""`thidua doctor` and `rotate-keys`: what is unsafe, why, and what to do; one line each."""

import os
import stat
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from api.clock import store_clock, wall_clock
from api.installation import BLOBS, DATABASE, KEYS, LOCK, open_database
from api.passwords import hash_password
from api.settings import Settings, SmtpSettings
from cli.doctor import Finding, Weight, findings
from cli.inspection import Report, inspect
from cli.main import main
from engine.instants import local_date
from engine.privacy import sealing
from engine.runtime.database import Database
from engine.runtime.vault import Vault
from tests.privacy.office import NUMBER, open_private

DATA = Path("/var/lib/thidua")
TODAY = local_date(wall_clock())  # `init` gives the administrator their role from today on
SAFE = Report(
    settings=Settings(
        data=DATA, key_file=Path("/etc/thidua.keys"), base_url="https://thidua.example.vn", secure_cookies=True,
        smtp=SmtpSettings(host="mail.example.vn"), trusted_proxies=(ip_network("127.0.0.1"),),
        metrics_token="sixteen or more characters",
    ),
    modes={DATA: 0o700, DATA / DATABASE: 0o644, DATA / BLOBS: 0o700, Path("/etc/thidua.keys"): 0o600},
    is_key_beside_data=False, sealed=2, unsealable=(), is_key_file_good=True, has_wal_fix=True, is_demo=False,
    demo_passwords=(), administrators={"quantri": True}, unconfirmed_law=0, are_papers_writable=True,
    are_papers_on_same_filesystem=True, free_bytes=10**11, loose_heads=(), is_root=False,
)  # fmt: skip


def found(report: Report) -> list[tuple[str, str]]:
    return [(finding.weight.name.lower(), finding.code) for finding in findings(report)]


def with_settings(**settings: Any) -> Report:
    return replace(SAFE, settings=replace(SAFE.settings, **settings))


def with_modes(**modes: int) -> Report:
    places = {"data": DATA, "database": DATA / DATABASE, "papers": DATA / BLOBS, "keys": Path("/etc/thidua.keys")}
    changed: Mapping[Path, int] = {**SAFE.modes, **{places[name]: mode for name, mode in modes.items()}}
    return replace(SAFE, modes=changed)


NO_KEYS = {path: mode for path, mode in SAFE.modes.items() if path.suffix != ".keys"}
CASES = {
    "all is well": (SAFE, []),
    "files inside a closed folder may have any mode": (with_modes(database=0o666, papers=0o777), []),
    "an open folder with open files": (with_modes(data=0o755), [("unsafe", "open_files")] * 2),
    "an open folder whose files are closed": (with_modes(data=0o710, database=0o600), [("unsafe", "open_files")]),
    "open keys": (with_modes(keys=0o640), [("unsafe", "open_keys")]),
    "keys beside the data": (replace(SAFE, is_key_beside_data=True), [("warning", "keys_beside_data")]),
    "lost keys": (replace(SAFE, modes=NO_KEYS), [("unsafe", "keys_missing")]),
    "no keys yet, and nothing sealed": (replace(SAFE, modes=NO_KEYS, sealed=0), []),
    "a key file that is none": (replace(SAFE, is_key_file_good=False), [("unsafe", "keys_unreadable")]),
    "keys of another database": (replace(SAFE, unsealable=("subject.identity.7",)), [("unsafe", "unsealable")]),
    "plain HTTP": (with_settings(base_url="http://thidua.example.vn"), [("unsafe", "plain_http")]),
    "plain HTTP to itself": (with_settings(base_url="http://127.0.0.1:8000"), []),
    "plain HTTP to itself by name": (with_settings(base_url="http://localhost:8000"), []),
    "plain HTTP to itself by IPv6": (with_settings(base_url="http://[::1]:8000", host="::1"), []),
    "a port open to the network": (
        with_settings(base_url="http://127.0.0.1:8000", host="0.0.0.0"), [("unsafe", "open_port")],
    ),
    "a port open behind HTTPS": (with_settings(host="0.0.0.0"), []),
    "cookies without HTTPS": (with_settings(secure_cookies=False), [("unsafe", "insecure_cookies")]),
    "everybody is believed": (
        with_settings(trusted_proxies=(ip_network("0.0.0.0/0"),)), [("unsafe", "everybody_is_proxy")],
    ),
    "nobody is believed": (with_settings(trusted_proxies=()), [("warning", "no_proxy_named")]),
    "nobody need be believed": (with_settings(trusted_proxies=(), base_url="http://127.0.0.1:8000"), []),
    "figures for the machine": (with_settings(metrics_token=""), [("note", "metrics_by_address")]),
    "mail in the open": (
        with_settings(smtp=SmtpSettings(host="mail.example.vn", starttls=False)), [("warning", "plain_smtp")],
    ),
    "mail to a server on the machine": (with_settings(smtp=SmtpSettings(host="127.0.0.1", starttls=False)), []),
    "no mail": (with_settings(smtp=SmtpSettings()), [("note", "no_smtp")]),
    "a demo": (replace(SAFE, is_demo=True, demo_passwords=("phuong1",)), [("unsafe", "demo")]),
    "a demo's password": (replace(SAFE, demo_passwords=("phuong1",)), [("unsafe", "demo_passwords")]),
    "nobody administers": (replace(SAFE, administrators={}), [("unsafe", "no_administrator")]),
    "an administrator by password alone": (
        replace(SAFE, administrators={"a": True, "b": False}), [("warning", "no_second_factor")],
    ),
    "history": (replace(SAFE, loose_heads=(7,)), [("unsafe", "history")]),
    "law": (replace(SAFE, unconfirmed_law=3), [("note", "unconfirmed_law")]),
    "a little space": (replace(SAFE, free_bytes=500 * 2**20), [("warning", "disk_space")]),
    "no space": (replace(SAFE, free_bytes=50 * 2**20), [("unsafe", "disk_space")]),
    "papers that cannot be written": (replace(SAFE, are_papers_writable=False), [("unsafe", "papers_not_writable")]),
    "papers elsewhere": (replace(SAFE, are_papers_on_same_filesystem=False), [("warning", "papers_elsewhere")]),
    "root": (replace(SAFE, is_root=True), [("warning", "root")]),
    "an old SQLite": (replace(SAFE, has_wal_fix=False), [("note", "journal")]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_fact_is_judged(case: str) -> None:
    report, wanted = CASES[case]

    assert found(report) == wanted


def test_every_sentence_says_what_and_what_to_do_on_one_line() -> None:
    every = [finding for report, _ in CASES.values() for finding in findings(report)]

    assert len({finding.code for finding in every}) == 25
    for finding in every:
        assert "\n" not in finding.sentence
        assert finding.sentence.count(".") + finding.sentence.count(":") >= 2, finding.sentence


def test_many_names_are_cut_short() -> None:
    (finding,) = findings(replace(SAFE, demo_passwords=tuple(f"phuong{n}" for n in range(9))))

    assert isinstance(finding, Finding)
    assert "9 tài khoản" in finding.sentence
    assert "phuong4, …)" in finding.sentence


# ── on a real folder ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that `init` has made."""
    for name in [name for name in os.environ if name.startswith("THIDUA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("THIDUA_ADMIN_PASSWORD", "ngựa pin kẹp giấy 42")
    folder = tmp_path / "data"
    assert main(["init", "--data", str(folder), "--authority", "UBND quận Thử"]) == 0
    return folder


def doctor(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit code, and the codes of what it found."""
    capsys.readouterr()
    code = main(["doctor", "--data", str(folder)])
    return code, [line.partition("[")[2].partition("]")[0] for line in capsys.readouterr().out.splitlines()[:-1]]


def change(folder: Path, *statements: str) -> None:
    database = Database(folder / DATABASE)
    with database.write() as tx:
        for statement in statements:
            tx.command(statement)
    database.close()


def report(folder: Path) -> Report:
    settings = Settings(data=folder)
    with closing(open_database(settings)) as database, database.read() as tx:
        return inspect(tx, settings, TODAY)


def test_what_init_makes_is_safe(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(path.name for path in data.iterdir())

    code, codes = doctor(data, capsys)

    assert code == 0
    assert {"no_second_factor", "unconfirmed_law", "no_smtp"} <= set(codes)
    assert not [f for f in findings(report(data)) if f.weight is Weight.UNSAFE]
    assert sorted(path.name for path in data.iterdir()) == before, "looking makes nothing, no key file either"


def test_what_was_spoiled_is_found(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data.chmod(0o755)
    hashed = hash_password("demo")
    change(
        data,
        f"INSERT INTO person (username, name, mail, password_hash, active) VALUES ('phuong1', 'A', '', '{hashed}', 1)",
        "UPDATE membership SET valid_to = '2020-01-01'",
    )

    code, codes = doctor(data, capsys)

    assert code == 1
    assert {"open_files", "demo_passwords", "no_administrator"} <= set(codes)


def test_a_demo_is_not_for_an_office(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(data / DATABASE)
    with database.write() as tx:
        store_clock(tx, wall_clock())
    database.close()

    code, codes = doctor(data, capsys)

    assert (code, "demo" in codes) == (1, True)


def test_a_second_factor_is_seen(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(data, "INSERT INTO second_factor (person_id, sealed_secret, last_step, confirmed_at) VALUES (1, '', 0, 1)")

    assert "no_second_factor" not in doctor(data, capsys)[1]


def test_a_folder_without_a_database_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("doctor", "rotate-keys"):
        assert main([command, "--data", str(tmp_path)]) == 2
        assert f"{tmp_path / DATABASE} does not exist" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def make_sealed(tmp_path: Path) -> Path:
    """A folder with a case whose nominee's number is sealed by the keys beside it."""
    folder = tmp_path / "sealed"
    folder.mkdir(mode=0o700)
    vault = Vault.at(folder / KEYS)
    with open_private(folder, vault) as office:
        case = office.start()
        sealed = vault.seal(NUMBER, sealing.place(sealing.IDENTITY, case))
        office.force(
            "INSERT INTO subject (instance_id, sealed_identity, identity_print, updated_at) "
            f"VALUES ({case}, '{sealed}', '{vault.fingerprint(NUMBER)}', 0)"
        )
    (folder / "private.db").rename(folder / DATABASE)
    return folder


def test_keys_that_are_lost_foreign_or_broken_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_sealed(tmp_path)
    keys = (folder / KEYS).read_bytes()
    with_keys = doctor(folder, capsys)[1]
    (folder / KEYS).unlink()
    lost = doctor(folder, capsys)[1]
    Vault.fresh().save(folder / KEYS)
    foreign = doctor(folder, capsys)[1]
    (folder / KEYS).write_bytes(keys[:20])
    broken = doctor(folder, capsys)[1]

    of_keys = {"keys_beside_data", "keys_missing", "unsealable", "keys_unreadable"}
    assert [of_keys & set(codes) for codes in (with_keys, lost, foreign, broken)] == [
        {"keys_beside_data"}, {"keys_missing"}, {"keys_beside_data", "unsealable"},
        {"keys_beside_data", "keys_unreadable"},
    ]  # fmt: skip


def test_history_changed_behind_the_engine_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_sealed(tmp_path)
    whole = doctor(folder, capsys)[1]

    change(folder, "UPDATE instance SET version = version + 1")

    assert ("history" in whole, "history" in doctor(folder, capsys)[1]) == (False, True)


# ── rotate-keys ──────────────────────────────────────────────────────────────────────────────────


def test_rotation_reseals_everything_and_keeps_the_old_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_sealed(tmp_path)
    old, before = Vault.at(folder / KEYS), (folder / DATABASE).read_bytes()

    assert main(["rotate-keys", "--data", str(folder)]) == 0

    assert capsys.readouterr().out.startswith("Đã niêm phong lại 1 giá trị bằng khóa mới.")
    new = Vault.at(folder / KEYS)
    database = Database(folder / DATABASE)
    with database.read() as tx:
        assert list(sealing.unsealable(tx, new)) == []
        assert list(sealing.unsealable(tx, old)) == ["subject.identity.1"]
    database.close()
    assert new.fingerprint(NUMBER) == old.fingerprint(NUMBER)
    assert stat.S_IMODE((folder / KEYS).stat().st_mode) == 0o600
    (folder / DATABASE).write_bytes(before)  # a backup of before
    with (restored := Database(folder / DATABASE)).read() as tx:
        assert list(sealing.unsealable(tx, new)) == []
    restored.close()


def test_rotation_stops_at_what_does_not_open_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_sealed(tmp_path)
    (folder / KEYS).unlink()
    Vault.fresh().save(folder / KEYS)

    assert main(["rotate-keys", "--data", str(folder)]) == 2
    assert "cannot open what was sealed for subject.identity.1" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["rotate-keys", "worker"])
def test_no_new_keys_are_made_for_what_others_have_sealed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    folder = make_sealed(tmp_path)
    (folder / KEYS).unlink()

    assert main([command, "--data", str(folder)]) == 2

    assert "put the key file back" in capsys.readouterr().err
    assert not (folder / KEYS).exists()
    (folder / KEYS).write_text("no keys")
    assert main([command, "--data", str(folder)]) == 2
    assert "is no key file: put the key file back" in capsys.readouterr().err


def test_rotation_waits_for_the_server_to_stop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_sealed(tmp_path)
    before = (folder / KEYS).read_bytes()

    with FileLock(folder / LOCK):
        assert main(["rotate-keys", "--data", str(folder)]) == 2

    assert "is in use by another process" in capsys.readouterr().err
    assert (folder / KEYS).read_bytes() == before
