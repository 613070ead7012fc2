"""The bars a demo moves while it waits."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from commands.trial import Trial, wait_for

LONGEST_SECONDS = 180.0


def open_progress(screen: Console) -> Progress:
    """Bars that live as long as the block; what is printed meanwhile stands above them."""
    return Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen,
    )


def watch(
    progress: Progress,
    trial: Trial,
    name: str,
    total: int,
    count: Callable[[], int],
    seconds: float = LONGEST_SECONDS,
) -> None:
    """Move a bar until the count has reached the total. Raises `TrialFailed`."""
    task = progress.add_task(name, total=total)

    def is_complete() -> bool:
        done = count()
        progress.update(task, completed=min(done, total))
        return done >= total

    wait_for(is_complete, name.lower(), trial.rollcall, seconds=seconds)
