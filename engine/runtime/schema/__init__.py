"""The tables, grouped by what they are about. Each "once" is a unique index, each "never" a constraint or a trigger.

Keys are BIGINTs drawn by the database, instants BIGINT microseconds UTC, legal dates ISO text in
Asia/Ho_Chi_Minh, documents canonical JSON text. `authority_id` is the body whose head decides.
"""

from engine.runtime.schema.accounts import (
    account_link,
    form_draft,
    known_device,
    login_attempt,
    saved_view,
    second_factor,
    session,
    sign_on,
)
from engine.runtime.schema.cases import (
    access,
    attachment,
    effect,
    fact,
    firing,
    history,
    idempotency,
    incident,
    instance,
    involvement,
    notice,
    timer,
    user_task,
)
from engine.runtime.schema.columns import Instant, Key, Text, metadata
from engine.runtime.schema.jobs import job, job_row
from engine.runtime.schema.organisation import (
    administration,
    calendar_day,
    departure,
    edition,
    mandate,
    membership,
    person,
    reference,
    register,
    seat,
    setting,
    succession,
    unit,
    unit_kind,
)
from engine.runtime.schema.reminders import nudge
from engine.runtime.schema.subjects import archival, disclosure, legal_hold, subject

__all__ = [
    "Instant", "Key", "Text", "access", "account_link", "administration", "archival", "attachment", "calendar_day",
    "departure", "disclosure", "edition", "effect", "fact", "firing", "form_draft", "history", "idempotency",
    "incident", "instance", "involvement", "job", "job_row", "known_device", "legal_hold", "login_attempt", "mandate",
    "membership", "metadata", "notice", "nudge", "person", "reference", "register", "saved_view", "seat",
    "second_factor", "session", "setting", "sign_on", "subject", "succession", "timer", "unit", "unit_kind",
    "user_task",
]  # fmt: skip
