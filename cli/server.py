"""What `thidua doctor` says of a PostgreSQL server, and of what the nodes share beside it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from api.sharing import fits, has_papers
from cli.findings import Finding, Weight
from engine.instants import to_micros
from engine.runtime.database import Statement, Transaction
from engine.runtime.database.postgres import READERS, WRITERS
from engine.runtime.vault import Vault

OLDEST = 14
FEW_PROCESSES = 4
"""Two that answer and two that work: one of each may be restarted."""
CLOCKS_APART, CLOCKS_FAR_APART = 2, 30  # seconds
MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")

_FACTS = Statement(
    text(
        "SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding, "
        "current_setting('max_connections') AS connections, "
        "current_setting('superuser_reserved_connections') AS reserved, "
        "(SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS of_role, "
        "(SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS of_database, "
        "(SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS is_encrypted, "
        "inet_client_addr() IS NULL OR inet_client_addr() = inet_server_addr() AS is_on_this_machine, "
        + ", ".join(f"current_setting('{name}') AS {name}" for name in MUST_BE_ON)
    )
)
_NOW = Statement(text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS now"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The facts. `version` as PostgreSQL counts it: 150018 is 15.18; `switched_off`: settings that must be on."""

    version: int
    encoding: str
    switched_off: tuple[str, ...]
    connections: int
    """How many this account may have in this database."""
    seconds_apart: float
    """How much the server's clock is ahead of this node's."""
    is_line_private: bool
    """Whether the connection is encrypted, or does not leave the machine."""


def look_at_server(tx: Transaction, wall: Callable[[], datetime]) -> Server:
    """The facts about the server on which the transaction runs; wall: this node's clock."""
    row = tx.one(_FACTS)
    before, there, after = to_micros(wall()), tx.one(_NOW), to_micros(wall())
    assert row is not None
    assert there is not None
    limits = [int(row["connections"]) - int(row["reserved"]), row["of_role"], row["of_database"]]
    return Server(
        version=int(row["version"]),
        encoding=row["encoding"],
        switched_off=tuple(name for name in MUST_BE_ON if row[name] == "off"),
        connections=min(limit for limit in limits if limit >= 0),
        seconds_apart=(there["now"] - (before + after) / 2) / 1_000_000,
        is_line_private=bool(row["is_encrypted"] or row["is_on_this_machine"]),
    )


def judged(server: Server) -> Iterator[Finding]:
    """What speaks against the server."""
    if server.version < OLDEST * 10_000:
        yield Finding(
            Weight.UNSAFE, "old_server",
            f"PostgreSQL {server.version / 10_000:.2g} quá cũ: không còn được sửa lỗi và chưa được thử với phần mềm "
            f"này. Nâng lên từ {OLDEST}.",
        )  # fmt: skip
    if server.encoding != "UTF8":
        yield Finding(
            Weight.UNSAFE, "encoding",
            f"Cơ sở dữ liệu có bảng mã {server.encoding}: không ghi được tiếng Việt. Tạo lại với ENCODING 'UTF8'.",
        )  # fmt: skip
    if server.switched_off:
        yield Finding(
            Weight.UNSAFE, "not_durable",
            f"Máy chủ tắt {', '.join(server.switched_off)}: mất điện là mất việc đã báo xong, hoặc hỏng dữ liệu. "
            "Bật lại trong postgresql.conf.",
        )  # fmt: skip
    if not server.is_line_private:
        yield Finding(
            Weight.WARNING, "plain_database",
            "Kết nối tới PostgreSQL đi qua mạng mà không mã hóa: ai nghe được mạng là đọc được hồ sơ. "
            "Thêm ?sslmode=verify-full vào THIDUA_DATABASE_URL.",
        )  # fmt: skip
    yield from _connections(server)
    yield from _clocks(server)


def _connections(server: Server) -> Iterator[Finding]:
    each = READERS + WRITERS
    processes = server.connections // each
    if processes < FEW_PROCESSES:
        yield Finding(
            Weight.WARNING if processes else Weight.UNSAFE, "few_connections",
            f"PostgreSQL cho {server.connections} kết nối, mỗi tiến trình serve hay worker giữ tới {each}: chỉ đủ cho "
            f"{processes} tiến trình. Tăng max_connections, hoặc giới hạn của tài khoản.",
        )  # fmt: skip


def _clocks(server: Server) -> Iterator[Finding]:
    apart = abs(server.seconds_apart)
    if apart > CLOCKS_APART:
        yield Finding(
            Weight.UNSAFE if apart > CLOCKS_FAR_APART else Weight.WARNING, "clocks",
            f"Đồng hồ của máy này và của PostgreSQL lệch nhau {apart:.0f} giây: hạn và phiên đăng nhập tính sai. "
            "Bật đồng bộ giờ (NTP) trên mọi máy.",
        )  # fmt: skip


def judged_sharing(tx: Transaction, papers: Path, keys: Path, vault: Vault | None) -> Iterator[Finding]:
    """What speaks against the folder and the keys of this node, which all nodes share."""
    if not has_papers(tx, papers):
        yield Finding(
            Weight.UNSAFE, "papers_not_shared",
            f"{papers} không phải thư mục giấy tờ của cơ sở dữ liệu này: giấy tờ đính kèm ở máy khác không đọc được. "
            "Gắn thư mục dùng chung của mọi máy.",
        )  # fmt: skip
    if vault is None or not fits(tx, vault):
        yield Finding(
            Weight.UNSAFE, "keys_not_shared",
            f"{keys} không có khóa mới nhất của cơ sở dữ liệu này: máy này không mở được dữ liệu niêm phong. "
            "Chép tệp khóa từ máy khác.",
        )  # fmt: skip
