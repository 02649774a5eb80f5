"""The whole schema of the first release; its tables stand in `migrations/r0001`."""

from alembic import op

from migrations.r0001 import accounts, cases, mail, organisation, privacy, work
from migrations.r0001.columns import metadata
from migrations.r0001.triggers import FIRST_EDITION, FUNCTIONS, triggers

revision = "0001"
down_revision = None
TABLES_OF = (organisation, cases, accounts, mail, privacy, work)


def upgrade() -> None:
    """Make everything."""
    connection = op.get_bind()
    metadata.create_all(connection)
    for statement in (FIRST_EDITION, *triggers(connection.dialect.name)):
        op.execute(statement)


def downgrade() -> None:
    """Drop everything, with all rows."""
    connection = op.get_bind()
    metadata.drop_all(connection)
    if connection.dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")
