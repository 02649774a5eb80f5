"""thidua itself, on the same terms as its peers: through `Engine.act`, one case after the other."""

import tempfile
from pathlib import Path

from bench.four_steps.process import PERFORMERS
from bench.peers.answering import STEPS, answer, sqlite_path
from bench.raw import connect
from bench.stage import build, sit
from engine.runtime.beginning import NewCase
from engine.runtime.service import Asking

COUNTS = {
    "finished": "SELECT count(*) AS n FROM instance WHERE process = 'four_steps' AND state = 'forwarded'",
    "history": "SELECT count(*) AS n FROM history h JOIN instance i ON i.id = h.instance_id "
    "WHERE i.process = 'four_steps' AND h.action <> 'start'",
}


class Thidua:
    def __init__(self, where: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._where: Path | str = sqlite_path(where) or where
        self._engine = build(Path(self._folder.name), self._where)
        self._model = self._engine.registry.by_code["four_steps"]
        self._secrets = [sit(self._engine, username) for username in PERFORMERS]

    def begin(self) -> int:
        new = NewCase(None, None, {"subject": "Đề nghị khen thưởng", "amount": 1000})
        answer = self._engine.start(Asking(self._secrets[0]), self._model, new).result()
        return int(answer.location.rpartition("/")[2])

    def step(self, case: int, turn: int) -> None:
        asking = Asking(self._secrets[turn], f"{case}-{turn}", STEPS[turn], expected=turn + 1)
        self._engine.act(asking, self._model, case, STEPS[turn], None).result()

    def counted(self) -> dict[str, int]:
        raw = connect(self._where)
        found = {name: int(raw.run(sql)[0]["n"]) for name, sql in COUNTS.items()}
        raw.close()
        return found

    def close(self) -> None:
        self._engine.close()
        self._folder.cleanup()


if __name__ == "__main__":
    answer(Thidua, "thidua")
