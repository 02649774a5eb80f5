"""The figures of a process and of the work in its database, for Prometheus.

What is told of the work is the same on every node, read in one transaction when somebody asks; its counts stop at
`backlog.MOST`. Its ages are by the business clock, everything else is by the process's own.
"""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.probes import Probe
from api.ticker import Ticker
from engine.instants import to_micros
from engine.runtime.backlog import Backlog, backlog
from engine.runtime.service import Engine
from notifications.door import Outbox, outbox

BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10)
PATIENCE_SECONDS = 5.0
"""How long a reading waits for the database; the rest is told without it."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in the database at one business instant."""

    cases: Backlog
    mail: Outbox


class Metrics:
    """The figures of one application, in a registry of its own."""

    def __init__(self, engine: Engine, ticker: Ticker | None) -> None:
        self._engine, self._ticker = engine, ticker
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics")
        self._probe: Probe[Waiting] = Probe(lambda: self._reader.submit(self._read))
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "thidua_http_request_seconds", "Time until an answer was complete, by route, method and class of status",
            ("route", "method", "status"), buckets=BUCKETS, registry=self._registry,
        )  # fmt: skip
        ProcessCollector(registry=self._registry)

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Note a request. route: its template, never its address. status: 0 when nothing was answered."""
        known = method if method in METHODS else "OTHER"
        self._requests.labels(route, known, f"{status // 100}xx" if status else "none").observe(seconds)

    async def page(self, accept: str) -> tuple[bytes, str]:
        """All figures in the form that the reader accepts, and its media type."""
        try:
            waiting = await self._probe.answer(PATIENCE_SECONDS)
        except Exception as fault:  # the figures of the process are told all the same
            log.warning("the figures of the work cannot be read", exc_info=fault)
            waiting = None
        encode, media_type = choose_encoder(accept)
        page = _Page(self._registry, [*_of_work(waiting), *_of_writer(self._engine), *_of_ticks(self._ticker)])
        return await asyncio.to_thread(encode, page), media_type

    def _read(self) -> Waiting:
        with self._engine.database.read() as tx:
            now = to_micros(self._engine.clock())
            return Waiting(backlog(tx, now), outbox(tx, now))


@dataclass(frozen=True, slots=True)
class _Page(Collector):
    """What is counted all the time, and what was read now."""

    registry: CollectorRegistry
    families: list[Metric]

    def collect(self) -> Iterator[Metric]:
        for family in self.registry.collect():
            family.samples = [one for one in family.samples if not one.name.endswith("_created")]  # twice the lines
            yield family
        yield from self.families


def _of_work(waiting: Waiting | None) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "thidua_database_up", "1: the figures of the work could be read; 0: they are missing here", value=bool(waiting)
    )
    if waiting is None:
        return
    cases, mail = waiting.cases, waiting.mail
    for name, what, value in (
        ("thidua_open_tasks", "User tasks not done yet", cases.open_tasks),
        ("thidua_overdue_tasks", "User tasks past their due date", cases.overdue_tasks),
        ("thidua_timer_late_seconds", "For how long the oldest due timer has not fired", cases.timer_late_seconds),
        ("thidua_pending_effects", "Effects not carried out yet", cases.pending_effects),
        ("thidua_open_incidents", "Incidents nobody has resolved", cases.open_incidents),
        ("thidua_waiting_jobs", "Long work not ended yet", cases.waiting_jobs),
        ("thidua_queued_mails", "Mails that have not left", mail.queued),
        ("thidua_failed_mails", "Mails that were given up", mail.failed),
    ):
        yield GaugeMetricFamily(name, what, value=value)
    age = GaugeMetricFamily(
        "thidua_outbox_age_seconds",
        "notice: since the oldest due one should have become a mail; message: since the oldest queued one was written",
        labels=["what"],
    )
    age.add_metric(["notice"], mail.notice_seconds)
    age.add_metric(["message"], mail.message_seconds)
    yield age


def _of_writer(engine: Engine) -> Iterator[Metric]:
    writer = engine.writer
    yield GaugeMetricFamily("thidua_writer_queue", "Commands that wait for the writer", value=writer.waiting)
    for name, what, value in (
        ("thidua_writer_commands", "Commands that were committed", writer.commands),
        ("thidua_writer_commits", "Commits they shared: commands by commits is the batch's size", writer.commits),
        ("thidua_writer_conflicts", "Commits that another came in between of, and that were run again",
         writer.conflicts),
    ):  # fmt: skip
        yield CounterMetricFamily(name, what, value=value)


def _of_ticks(ticker: Ticker | None) -> Iterator[Metric]:
    if ticker is None:
        return
    ticks = ticker.ticks
    yield GaugeMetricFamily("thidua_tick_lag_seconds", "Since the last tick ended, or the start", value=ticks.lag())
    yield SummaryMetricFamily(
        "thidua_tick_seconds", "How long ticks take", count_value=ticks.count, sum_value=ticks.seconds
    )
    yield CounterMetricFamily("thidua_tick_faults", "Ticks of which a step failed", value=ticks.faults)
