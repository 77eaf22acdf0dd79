"""How far a collection is: lines in a log, a bar in a terminal, one output in Jupyter that is replaced in place."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import nbformat
import papermill

WATCH = """
from fa_stats.progress import watch
show = watch()
show("tenants", 0, 3)
show("webhooks", 2, 3)
show("", 3, 3)
"""


def test_a_log_gets_a_line_for_each_statement() -> None:
    done = subprocess.run([sys.executable, "-c", WATCH], check=True, capture_output=True, text=True)
    assert done.stdout == ""
    assert done.stderr.splitlines() == ["0 of 3 figures; next: tenants", "2 of 3 figures; next: webhooks"]


def test_a_terminal_gets_a_bar_that_goes_away() -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with subprocess.Popen([sys.executable, "-c", WATCH], stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                seen += os.read(ours, 4096)
            except OSError:  # the other side is gone
                break
        assert process.wait() == 0
    os.close(ours)
    assert b"3/3" in seen
    assert b"\n" not in seen.strip(b"\r\n ")


def test_an_executed_notebook_keeps_the_last_state_only(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(WATCH)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "in.ipynb")
    papermill.execute_notebook(str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), progress_bar=False)
    [cell] = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    [output] = cell.outputs
    assert "3 of 3 figures" in output.data["text/html"]
