"""Two web processes whose clocks run over the midnight after a lot's last good day, under load."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from producers.models import ExpiryKind
from tests.conftest import sequencing, serving
from tests.factories import ActiveBatchFactory, ProductFactory, actor_of_kind
from tests.journeys.crowds import Visitor, both_languages, says_no_warning
from trace.cli.processes import Child
from trace.core import clock
from trace.core.database import make_engine, new_session
from trace.core.local_state import CHECKOUT

pytestmark = pytest.mark.soak
TRIES = 1_000 if os.environ.get("SOAK") else 20
# How long before midnight the servers begin; more where this machine takes longer to start them.
LEADS_S = (60, 240) if os.environ.get("SOAK") else (6, 20, 60)
VISITORS = 4
KINDS = (ExpiryKind.USE_BY, ExpiryKind.BEST_BEFORE)


@dataclass(frozen=True)
class Look:
    """One look at one page: when it was asked for and had come, by the servers' clock, and whether it said no warning."""

    path: str
    asked_at: datetime
    came_at: datetime
    says_no_warning: bool


class Rehearsal:
    """Makes lots that all have the same last good day, and starts the web server shortly before its end."""

    def __init__(self, lead_s: float) -> None:
        self.lead_s = lead_s
        self.paths: list[str] = []
        self.last_day = clock.today() + timedelta(days=1)
        self.midnight = clock.from_local(datetime.combine(self.last_day + timedelta(days=1), time.min))
        self._ahead = Path()

    def start_web(
        self, environ: Mapping[str, str], host: str, port: int, folder: Path, workers: int
    ) -> Child:
        """As ``trace.cli.processes.start_web``."""
        self._make_lots(environ["DATABASE_URL"])
        folder.mkdir(parents=True, exist_ok=True)
        self._ahead, log_path = folder / "ahead", folder / "web.log"
        told = {"MIDNIGHT": self.midnight.isoformat(), "LEAD_S": str(self.lead_s), "AHEAD": str(self._ahead)}
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.journeys.shifted_web", host, str(port), str(workers)],
                cwd=CHECKOUT,
                env={**environ, **told, "PYTHONPATH": str(CHECKOUT)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return Child("web server", process, log_path)

    def now(self) -> datetime:
        """This instant, for the servers."""
        return clock.now() + timedelta(seconds=float(self._ahead.read_text(encoding="ascii")))

    def look_on(self, url: str) -> list[Look]:
        """Look at every page again and again, until each was asked for after midnight."""
        with ThreadPoolExecutor(VISITORS) as pool:
            parts = [self.paths[start::VISITORS] for start in range(VISITORS)]
            return [look for looks in pool.map(self._look_on, [url] * VISITORS, parts) for look in looks]

    def _look_on(self, url: str, paths: Sequence[str]) -> list[Look]:
        visitor, looks, missing = Visitor(url), list[Look](), set(paths)
        for path in cycle(paths):
            asked_at = self.now()
            page = visitor.look(path)
            looks.append(Look(path, asked_at, self.now(), says_no_warning(page)))
            if asked_at >= self.midnight:
                missing.discard(path)
            if not missing:
                break
        visitor.close()
        return looks

    def _make_lots(self, database_url: str) -> None:
        engine = make_engine(database_url)
        with new_session(engine) as session:
            producer = actor_of_kind(session)
            for kind in KINDS:
                product = ProductFactory.create(session=session, actor=producer, expiry_kind=kind)
                for _ in range(TRIES // len(KINDS)):
                    batch = ActiveBatchFactory.create(
                        session=session, actor=producer, product=product, expires_on=self.last_day
                    )
                    self.paths += both_languages(batch.code)
            session.commit()
        engine.dispose()


def test_a_lot_is_good_to_the_last_second_of_its_day_and_not_one_longer(
    template_url: str, tmp_path: Path
) -> None:
    for lead_s in LEADS_S:
        rehearsal = Rehearsal(lead_s)
        with (
            serving(
                template_url, tmp_path, worker=False, workers=2, start_web=rehearsal.start_web
            ) as service,
            sequencing(service),  # what is not in the log yet has a page that is kept for moments alone
        ):
            looks = rehearsal.look_on(service.url)
        before = [look for look in looks if look.came_at < rehearsal.midnight]
        if {look.path for look in before} == set(rehearsal.paths):
            break
    after = [look for look in looks if look.asked_at >= rehearsal.midnight]
    assert {look.path for look in before} == {look.path for look in after} == set(rehearsal.paths)
    assert not [look for look in before if not look.says_no_warning]
    assert not [look for look in after if look.says_no_warning]
