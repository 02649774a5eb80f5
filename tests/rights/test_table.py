"""docs/rights.csv and the definitions say the same."""

from tests.rights.declared import declared, states_of
from tests.rights.table import Right, read


def sentence(right: Right) -> str:
    more = [
        "no deputy" if not right.deputy else "",
        f"duty {right.duty}" if right.duty else "",
        "confirm" if right.confirm else "",
        f"without {' '.join(right.without)}" if right.without else "",
    ]
    return f"{' · '.join(right.cell)} {' '.join(filter(None, more))}"


def test_the_table_and_the_definitions_say_the_same() -> None:
    table, definitions = read(states_of()), declared()

    assert sorted(map(sentence, table - definitions)) == [], "only in docs/rights.csv"
    assert sorted(map(sentence, definitions - table)) == [], "only in the definitions"


def test_no_cell_stands_twice_in_the_table() -> None:
    cells = [right.cell for right in read(states_of())]

    assert len(cells) == len(set(cells))
