"""`thidua doctor`: whether an installation may be used by an office, one line for each finding.

Each says what was found, why it matters and what to do. The judgement is a pure function of the report.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from ipaddress import ip_address
from urllib.parse import urlsplit

from api.clock import wall_clock
from api.installation import BLOBS, DATABASE, key_file, whereabouts
from api.settings import Settings
from cli.findings import Finding, Weight
from cli.inspection import Report, inspect, vault_at
from cli.reaching import DATABASE_FAULTS, out_of_step, place_name, said_of, there
from cli.server import judged, judged_sharing, look_at_server
from engine.instants import local_date
from migrations import chain

OTHERS = 0o077
MEGABYTE = 1024 * 1024
LITTLE_SPACE, NO_SPACE = 1024 * MEGABYTE, 100 * MEGABYTE
NAMED_AT_MOST = 5


def doctor(_: argparse.Namespace, settings: Settings) -> int:
    """Print every finding; 1 when one of them is unsafe."""
    found = list(_found(settings))
    for finding in found:
        print(f"{finding.weight} [{finding.code}] {finding.sentence}")
    counted = ", ".join(f"{sum(f.weight is weight for f in found)} {weight.lower()}" for weight in Weight)
    print(f"Đã kiểm tra {place_name(settings)}: {counted}.")
    return 1 if any(finding.weight is Weight.UNSAFE for finding in found) else 0


def _found(settings: Settings) -> Iterator[Finding]:
    """What there is to say, as far as one gets: without a server nothing can be looked at."""
    with closing(there(settings)) as database:
        if settings.database_url:
            try:
                with database.read() as tx:
                    server = look_at_server(tx, wall_clock)
            except DATABASE_FAULTS as fault:
                yield _unreachable(settings, fault)
                return
            yield from judged(server)
        standing = chain.standing(database)
        if standing.position is not chain.Position.CURRENT:
            yield Finding(
                Weight.UNSAFE, "schema",
                "Các bảng không hợp với phần mềm này, nên serve và worker không chạy: "
                f"{out_of_step(standing, settings)}",
            )  # fmt: skip
            return
        with database.read() as tx:
            if settings.database_url:
                keys = key_file(settings)
                yield from judged_sharing(tx, settings.data / BLOBS, keys, vault_at(keys))
            if settings.data.exists():
                yield from findings(inspect(tx, settings, local_date(wall_clock())))


def _unreachable(settings: Settings, fault: Exception) -> Finding:
    return Finding(
        Weight.UNSAFE, "unreachable",
        f"Không kết nối được tới {whereabouts(settings)} ({said_of(fault)}): không việc nào làm được. Kiểm tra máy chủ "
        "và THIDUA_DATABASE_URL.",
    )  # fmt: skip


def findings(report: Report) -> Iterator[Finding]:
    """Everything that speaks against the installation, the worst of each part first."""
    for part in (_files, _keys, _network, _accounts, _contents, _machine):
        yield from part(report)


def _files(report: Report) -> Iterator[Finding]:
    data = report.settings.data
    if not report.modes.get(data, 0) & OTHERS:
        return  # nobody gets past the folder
    for path in (data, data / DATABASE, data / BLOBS):
        mode = report.modes.get(path, 0)
        if mode & OTHERS:
            yield Finding(
                Weight.UNSAFE, "open_files",
                f"{path} có quyền {mode:03o}: tài khoản khác trên máy đọc được hồ sơ. Chạy: chmod go= {path}",
            )  # fmt: skip


def _keys(report: Report) -> Iterator[Finding]:
    path, mode = report.key_file, report.modes.get(report.key_file)
    if mode is not None and mode & OTHERS:
        yield Finding(
            Weight.UNSAFE, "open_keys",
            f"{path} có quyền {mode:03o}: ai đọc được khóa là mở được số định danh. Chạy: chmod 600 {path}",
        )  # fmt: skip
    if mode is None and report.sealed:
        yield Finding(
            Weight.UNSAFE, "keys_missing",
            f"Không có {path} mà cơ sở dữ liệu có {report.sealed} giá trị đã niêm phong: không ai mở được nữa. "
            "Chép lại tệp khóa từ nơi cất giữ trước khi chạy serve.",
        )  # fmt: skip
    if not report.is_key_file_good:
        yield Finding(
            Weight.UNSAFE, "keys_unreadable",
            f"{path} không phải tệp khóa hoặc không đọc được: dữ liệu niêm phong không mở được. Chép lại tệp khóa.",
        )  # fmt: skip
    if report.unsealable:
        yield Finding(
            Weight.UNSAFE, "unsealable",
            f"{len(report.unsealable)} giá trị niêm phong không mở được ({_some(report.unsealable)}): tệp khóa không "
            "phải của cơ sở dữ liệu này, hoặc dữ liệu đã bị sửa. Khôi phục tệp khóa hoặc bản sao lưu.",
        )  # fmt: skip
    if mode is not None and report.is_key_beside_data:
        yield Finding(
            Weight.WARNING, "keys_beside_data",
            f"{path} nằm trong thư mục dữ liệu: một bản sao của thư mục là đủ để mở mọi thứ. "
            "Chuyển tệp ra nơi khác và đặt THIDUA_KEY_FILE.",
        )  # fmt: skip


def _network(report: Report) -> Iterator[Finding]:
    settings = report.settings
    is_https = settings.base_url.startswith("https:")
    if not is_https and not _is_loopback(urlsplit(settings.base_url).hostname or ""):
        yield Finding(
            Weight.UNSAFE, "plain_http",
            f"Địa chỉ {settings.base_url} không mã hóa: mật khẩu và hồ sơ đi trên mạng ai cũng đọc được. "
            "Đặt máy chủ HTTPS phía trước và THIDUA_BASE_URL=https://…",
        )  # fmt: skip
    if not is_https and not _is_loopback(settings.host):
        yield Finding(
            Weight.UNSAFE, "open_port",
            f"Máy chủ nhận kết nối từ mạng ở {settings.host} mà không có HTTPS. Đặt THIDUA_HOST=127.0.0.1 sau một "
            "máy chủ HTTPS.",
        )  # fmt: skip
    if is_https and not settings.secure_cookies:
        yield Finding(
            Weight.UNSAFE, "insecure_cookies",
            "Địa chỉ là HTTPS mà cookie được gửi cả khi không mã hóa: phiên có thể bị lấy. Bỏ THIDUA_SECURE_COOKIES.",
        )  # fmt: skip
    yield from _proxies(settings, is_https)
    if settings.smtp.host and not settings.smtp.starttls and not _is_loopback(settings.smtp.host):
        yield Finding(
            Weight.WARNING, "plain_smtp",
            f"Thư gửi qua {settings.smtp.host} không mã hóa, kể cả liên kết đặt mật khẩu. Đặt THIDUA_SMTP_STARTTLS=on.",
        )  # fmt: skip
    if not settings.smtp.host:
        yield Finding(
            Weight.NOTE, "no_smtp", "Chưa đặt máy chủ thư: thư nhắc việc nằm chờ. Đặt THIDUA_SMTP_HOST để gửi."
        )


def _proxies(settings: Settings, is_https: bool) -> Iterator[Finding]:
    if any(network.prefixlen == 0 for network in settings.trusted_proxies):
        yield Finding(
            Weight.UNSAFE, "everybody_is_proxy",
            "THIDUA_TRUSTED_PROXIES tin mọi địa chỉ: người đoán mật khẩu tự khai địa chỉ khác nhau để vượt giới hạn. "
            "Chỉ nêu địa chỉ của máy chủ HTTPS phía trước.",
        )  # fmt: skip
    if is_https and not settings.trusted_proxies:
        yield Finding(
            Weight.WARNING, "no_proxy_named",
            "Chưa nêu máy chủ HTTPS phía trước: mọi người chung một địa chỉ, nên giới hạn theo địa chỉ chặn nhầm. "
            "Đặt THIDUA_TRUSTED_PROXIES, như 127.0.0.1.",
        )  # fmt: skip
    if is_https and not settings.metrics_token:
        yield Finding(
            Weight.NOTE, "metrics_by_address",
            "Số liệu ở /metrics mở cho mọi chương trình trên máy này, kể cả máy chủ HTTPS phía trước nếu nó chuyển "
            "tiếp mà không báo. Đặt THIDUA_METRICS_TOKEN, hoặc chặn /metrics ở máy chủ đó.",
        )  # fmt: skip


def _accounts(report: Report) -> Iterator[Finding]:
    if report.is_demo:
        yield Finding(
            Weight.UNSAFE, "demo",
            "Đây là bản chạy thử: tài khoản, mật khẩu ai cũng biết, đồng hồ ảo. Tạo thư mục mới bằng thidua init.",
        )  # fmt: skip
    elif report.demo_passwords:
        yield Finding(
            Weight.UNSAFE, "demo_passwords",
            f"{len(report.demo_passwords)} tài khoản có mật khẩu của bản chạy thử ({_some(report.demo_passwords)}): ai "
            "cũng đăng nhập được. Gửi liên kết đặt lại mật khẩu hoặc khóa tài khoản.",
        )  # fmt: skip
    if not report.administrators:
        yield Finding(
            Weight.UNSAFE, "no_administrator",
            "Không còn quản trị nào đang hoạt động: không ai khóa được tài khoản hay sửa được vai trò. "
            "Cấp lại vai trò quản trị cho một người.",
        )  # fmt: skip
    without = [name for name, has_second_factor in report.administrators.items() if not has_second_factor]
    if without:
        yield Finding(
            Weight.WARNING, "no_second_factor",
            f"Quản trị chưa bật xác thực hai bước ({_some(without)}): lộ mật khẩu là mất cả hệ thống. "
            "Bật ở trang tài khoản.",
        )  # fmt: skip


def _contents(report: Report) -> Iterator[Finding]:
    if report.loose_heads:
        yield Finding(
            Weight.UNSAFE, "history",
            f"{len(report.loose_heads)} hồ sơ không khớp với lịch sử của chúng ({_some(report.loose_heads)}): dữ liệu "
            "đã bị sửa ngoài hệ thống. Chạy thidua verify-history để biết chỗ sai.",
        )  # fmt: skip
    if report.unconfirmed_law:
        yield Finding(
            Weight.NOTE, "unconfirmed_law",
            f"{report.unconfirmed_law} quy tắc pháp lý đang hiệu lực chưa ai xác nhận: chúng chỉ cảnh báo, không chặn. "
            "Quản trị đọc nguồn rồi xác nhận từng quy tắc.",
        )  # fmt: skip


def _machine(report: Report) -> Iterator[Finding]:
    data = report.settings.data
    if report.free_bytes < LITTLE_SPACE:
        weight = Weight.UNSAFE if report.free_bytes < NO_SPACE else Weight.WARNING
        yield Finding(
            weight, "disk_space",
            f"Ổ đĩa của {data} còn {report.free_bytes // MEGABYTE} MB: khi đầy, không việc nào ghi được. Dọn hoặc mở "
            "rộng ổ đĩa.",
        )  # fmt: skip
    if not report.are_papers_writable:
        yield Finding(
            Weight.UNSAFE, "papers_not_writable",
            f"Không ghi được vào {data / BLOBS}: không đính kèm được giấy tờ. Trả thư mục cho tài khoản chạy máy chủ.",
        )  # fmt: skip
    if not report.are_papers_on_same_filesystem:
        yield Finding(
            Weight.WARNING, "papers_elsewhere",
            f"{data / BLOBS} ở ổ đĩa khác với cơ sở dữ liệu: một bản sao lưu có thể thiếu giấy tờ. Đưa về cùng ổ đĩa.",
        )  # fmt: skip
    if report.is_root:
        yield Finding(
            Weight.WARNING, "root",
            "Lệnh đang chạy bằng tài khoản root: một lỗi là mất cả máy. Dùng một tài khoản riêng, không đặc quyền.",
        )  # fmt: skip
    if not report.has_wal_fix:
        yield Finding(
            Weight.NOTE, "journal",
            "Thư viện SQLite chưa có bản sửa lỗi WAL nên nhật ký chạy ở chế độ DELETE: an toàn, ghi chậm hơn. "
            "Cài pysqlite3 từ 0.6.1 để nhanh hơn.",
        )  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _some(names: Sequence[object]) -> str:
    """The first few, and that there are more."""
    more = ", …" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(map(str, names[:NAMED_AT_MOST])) + more
