"""The overview of a campaign: what the plan says, its rounds, who has received it, what units propose."""

from collections.abc import Iterator

import pytest

from tests.api.office import launch_campaign
from tests.web.busy import Busy, open_busy
from tests.web.site import Site


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    with open_busy(tmp_path_factory.mktemp("overview") / "demo") as opened:
        yield opened


def test_everybody_in_the_office_finds_the_running_campaign(busy: Busy) -> None:
    listed = busy.browser("donvi1").get("/phong-trao").text

    assert 'href="/phong-trao/1"' in listed
    assert "Soạn kế hoạch phong trào mới" not in listed
    assert "Soạn kế hoạch phong trào mới" in busy.browser("chuyenvien").get("/phong-trao").text


def test_the_overview_tells_plan_rounds_and_who_has_not_received_it(busy: Busy) -> None:
    page = busy.browser("truongphong").get("/phong-trao/1").text

    assert "157/KH-UBND" in page
    assert "Khen thưởng trong quá trình triển khai" in page
    assert 'datetime="2025-05-13"' in page
    assert "chưa báo nhận" in page
    assert "Trường Mầm non Hoa Sen (minh họa)" in page


def test_a_unit_sees_the_plan_and_only_its_own_receipt(busy: Busy) -> None:
    page = busy.browser("phuong1").get("/phong-trao/1").text.partition("<main")[2]  # the demo's bar names everybody

    assert "157/KH-UBND" in page
    assert "UBND phường Anh Dũng" in page
    assert "UBND phường Đa Phúc" not in page


def test_proposals_are_counted_by_unit_and_phase(busy: Busy) -> None:
    busy.propose("Đặng Ánh", "Bùi Đô")

    mine = busy.browser("donvi1").get("/phong-trao/1").text
    others = busy.browser("donvi2").get("/phong-trao/1").text

    assert '<td class="number">2</td>' in mine
    assert "Chưa có đề nghị nào mà bạn được xem." in others


def test_a_campaign_that_has_nothing_yet_is_a_page_too(site: Site) -> None:
    tat = site.office.client("tat")
    draft = tat.post("/api/v1/campaigns", json={}).json()["id"]
    running, *_ = launch_campaign(tat)

    assert site.browser("tat").get(f"/phong-trao/{draft}").status_code == 200
    assert site.browser("an").get(f"/phong-trao/{draft}").status_code == 404
    assert site.browser("an").get(f"/phong-trao/{running}").status_code == 200
