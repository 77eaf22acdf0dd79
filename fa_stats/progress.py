"""How far a collection is: a bar in a terminal and in Jupyter, log lines elsewhere."""

from __future__ import annotations

import sys

from fa_stats.collector import Progress
from fa_stats.render import Fragment, element, join


def watch() -> Progress:
    """The way to show progress that suits where this process runs."""
    if _in_jupyter():
        return _in_notebook()
    return _in_terminal() if sys.stderr.isatty() else _in_log()


def _in_jupyter() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")


def _in_notebook() -> Progress:
    """One output that is replaced in place, so that an executed notebook keeps its last state only."""
    from IPython.display import display

    handle = display(Fragment(""), display_id=True)

    def show(statement: str, done: int, total: int) -> None:
        bar = element("progress", value=str(done), max=str(total))
        handle.update(join(bar, f" {done} of {total} figures ", element("code", statement) if statement else ""))

    return show


def _in_terminal() -> Progress:
    from tqdm import tqdm

    bar = tqdm(total=0, unit=" figures", leave=False)

    def show(statement: str, done: int, total: int) -> None:
        bar.total, bar.n = total, done
        bar.set_description(statement or "done")
        if done >= total:
            bar.close()

    return show


def _in_log() -> Progress:
    def show(statement: str, done: int, total: int) -> None:
        if statement:
            print(f"{done} of {total} figures; next: {statement}", file=sys.stderr, flush=True)

    return show


def say(text: str) -> None:
    """Say something that is not a result, where it is seen while the run goes on."""
    print(text, file=sys.stderr, flush=True)
