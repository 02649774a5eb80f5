"""Commendations written straight into an office's register, as a process would publish them."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select

from engine.definition.publishing import Published, facts_of
from engine.runtime.database import Statement, Transaction
from engine.runtime.schema import instance, unit
from engine.runtime.service import Engine
from engine.runtime.statements import NEW_FACT, insertion

_NEW = insertion(instance)
_UNIT = Statement(select(unit.c.id, unit.c.code))
COLLECTIVE = Published(
    signed_on=date(2024, 7, 5), number="317/QĐ-UBND", award="GK", award_label="Giấy khen", kind="collective",
    kind_label="tập thể", name="Trường Tiểu học Đồng Hòa", title="Dạy tốt, học tốt", summary="Một năm dạy tốt",
)  # fmt: skip
PERSON = replace(
    COLLECTIVE, name="Đặng Thị Ánh", kind="individual", kind_label="cá nhân", is_individual=True, is_exemplar=True
)
UNNAMED = replace(PERSON, name="", unnamed="Một cá nhân", title="", summary="", is_exemplar=False)


def commend(engine: Engine, about: Published, unit_code: str = "P1", process: str = "duty") -> str:
    """Put it into the register; the code of its case."""

    def write(tx: Transaction) -> int:
        units = {row["code"]: row["id"] for row in tx.all(_UNIT)}
        row: dict[str, Any] = {
            "authority_id": units["Q"], "process": process, "definition_version": 1, "unit_id": units[unit_code],
            "parent_id": None, "start_key": None, "state": "completed", "phase": "closed", "version": 1,
            "headline": "x", "dossier": "{}", "history_hash": b"", "created_at": 1720576800000000,
            "updated_at": 1720576800000000, "closed_at": None,
        }  # fmt: skip
        key = tx.insert(_NEW, **row)
        for fact in facts_of(about):
            tx.insert(NEW_FACT, instance_id=key, key=fact.key, text=fact.text)
        return key

    return f"TN-2024-{engine.writer.call(write):05d}"
