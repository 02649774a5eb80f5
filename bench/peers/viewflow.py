"""viewflow: a flow of View nodes on Django, driven through its activations; its task rows are the history."""

from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from psycopg.conninfo import conninfo_to_dict

from bench.peers.answering import ROLES, SQLITE_SETTINGS, STEPS, answer, sqlite_path

VIEWFLOW = ("viewflow", "viewflow.workflow", "bench.peers")


def _database(where: str) -> dict[str, Any]:
    path = sqlite_path(where)
    if path is not None:
        prepare = "".join(f"PRAGMA {setting};" for setting in SQLITE_SETTINGS)
        options = {"transaction_mode": "IMMEDIATE", "init_command": prepare}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}
    named = conninfo_to_dict(where)
    keys = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {
        "ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None,
        **{key: named.get(name) or "" for key, name in keys.items()},
    }  # fmt: skip


class Viewflow:
    def __init__(self, where: str) -> None:
        settings.configure(
            DATABASES={"default": _database(where)},
            INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", *VIEWFLOW],
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            USE_TZ=True,
            SECRET_KEY="for the time of a bench",
        )
        django.setup()
        call_command("migrate", verbosity=0)
        self._flow = import_module("bench.peers.viewflow_flow").FourSteps
        self._task, self._process = self._flow.task_class, self._flow.process_class
        users = django.contrib.auth.get_user_model()
        self._users = [users.objects.create_user(username=role) for role in ROLES]

    def begin(self) -> int:
        key: int = self._flow.start.run(_process_data={"subject": "Đề nghị khen thưởng", "amount": 1000}).pk
        return key

    def step(self, case: int, turn: int) -> None:
        with transaction.atomic():
            task = self._task.objects.get(process_id=case, status="NEW", flow_task=getattr(self._flow, STEPS[turn]))
            with task.activation() as activation:
                activation.assign(self._users[turn])
                activation.start(None)
                activation.execute()

    def counted(self) -> dict[str, int]:
        done = self._task.objects.filter(status="DONE", flow_task_type="HUMAN", owner__isnull=False)
        return {"finished": self._process.objects.filter(status="DONE").count(), "history": done.count()}

    def close(self) -> None:
        connection.close()


if __name__ == "__main__":
    answer(Viewflow, "django-viewflow", "Django")
