"""Views of lists that people have kept for themselves: the query of an address, under a name."""

from sqlalchemy import bindparam, delete, func, select

from engine.errors import InvalidInput, NotFound
from engine.runtime.database import Row, Statement, Transaction
from engine.runtime.schema import saved_view
from engine.runtime.statements import insertion

MOST, LONGEST_NAME, LONGEST_QUERY = 20, 60, 1000

p = bindparam
_OF_PERSON = Statement(
    select(saved_view)
    .where(saved_view.c.person_id == p("owner"), saved_view.c.path == p("list"))
    .order_by(saved_view.c.name)
)
_COUNT = Statement(select(func.count().label("n")).where(saved_view.c.person_id == p("owner")))
_DROP_NAMED = Statement(
    delete(saved_view).where(
        saved_view.c.person_id == p("owner"), saved_view.c.path == p("list"), saved_view.c.name == p("called")
    )
)
_DROP = Statement(delete(saved_view).where(saved_view.c.person_id == p("owner"), saved_view.c.id == p("which")))
_NEW = insertion(saved_view)


def of_person(tx: Transaction, person_id: int, path: str) -> list[Row]:
    """The views of the list at that address which the person has kept, by name: `id`, `name`, `query`."""
    return tx.all(_OF_PERSON, owner=person_id, list=path)


def keep(tx: Transaction, person_id: int, path: str, name: str, query: str) -> None:
    """Keep the view; one of the same name is replaced.

    Raises:
        InvalidInput: no name, too long a one or query, or too many views already.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput({"ten": f"Đặt tên từ 1 đến {LONGEST_NAME} ký tự."})
    if len(query) > LONGEST_QUERY:
        raise InvalidInput({"ten": "Bộ lọc này quá dài, không lưu được."})
    tx.run(_DROP_NAMED, owner=person_id, list=path, called=name)
    count = tx.one(_COUNT, owner=person_id)
    if count is not None and count["n"] >= MOST:
        raise InvalidInput({"ten": f"Đã lưu {MOST} bộ lọc: hãy bỏ bớt một bộ lọc cũ."})
    tx.insert(_NEW, person_id=person_id, path=path, name=name, query=query)


def drop(tx: Transaction, person_id: int, view_id: int) -> None:
    """Forget a view.

    Raises:
        NotFound: the person has none of that key.
    """
    if not tx.change(_DROP, owner=person_id, which=view_id):
        raise NotFound(what=f"bộ lọc số {view_id}")
