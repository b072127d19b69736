"""Making the codes of a run without a worker: shared by tests of runs and of their pages."""

from labels.run_jobs import make_run

SITE = "https://check.example.vn"


class GoOn:
    """What a job knows of its worker: whether it has to stop."""

    def __init__(self, parts: int = 1_000) -> None:
        self.parts = parts

    def should_abort(self) -> bool:
        self.parts -= 1
        return self.parts < 0


def make_codes(run_id: int, parts: int = 1_000) -> None:
    """Do the job of a run, at most so many parts of it; in the context of an application."""
    make_run(GoOn(parts), run_id)  # type: ignore[arg-type]  # of its worker the job asks one thing
