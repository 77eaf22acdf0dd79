"""A real browser for the tests: headless Chromium, cut off from every network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--allow-file-access-from-files",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)

# The page stands in a frame as wide as the screen in question: a window cannot be made as narrow as a phone.
_FRAME = """<!doctype html><meta charset="utf-8"><style>body { margin: 0 } iframe { border: 0; display: block }</style>
<iframe src="%s" style="width: %dpx; height: %dpx"></iframe><pre id="seen"></pre>
<script>
onload = () => {
  const page = document.querySelector("iframe").contentDocument, root = page.documentElement;
  const folds = [...page.querySelectorAll("details")];
  if (%s) folds.forEach(fold => fold.open = true);
  const wide = [...page.body.querySelectorAll("*")].filter(
    each => each.getBoundingClientRect().right > root.clientWidth + 1 && !each.closest(".scroll"));
  document.querySelector("#seen").textContent = JSON.stringify({
    width: root.clientWidth, scroll: root.scrollWidth, height: root.scrollHeight,
    wide: wide.map(each => each.tagName + "." + each.className), text: page.body.innerText,
    pictures: [...page.images].map(each => each.complete && each.naturalWidth),
    loaded: page.defaultView.performance.getEntriesByType("resource").map(each => each.name),
    background: page.defaultView.getComputedStyle(page.body).backgroundColor,
  });
};
</script>"""


class BrowserMissingError(RuntimeError):
    """No Chromium is installed."""


def find() -> str:
    """The path of Chromium; without one the test is skipped, except in CI, where it must not be."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    message = f"no browser: none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)"
    if os.environ.get("CI") == "true":
        raise BrowserMissingError(message)
    pytest.skip(f"NOT TESTED IN A BROWSER: {message}")


def layout(page: Path, *, width: int, unfolded: bool = False) -> dict[str, Any]:
    """What a browser makes of the page at that width: its real width, elements too wide, its text, its pictures."""
    with tempfile.TemporaryDirectory() as folder:
        frame = _frame(Path(folder), page, width, 4000, unfolded)
        dom = _run(["--dump-dom", "--window-size=1600,1200", frame.as_uri()])
    found = re.search(r'<pre id="seen">(.*?)</pre>', dom, re.DOTALL)
    assert found, f"the page did not load: {dom[:500]}"
    seen: dict[str, Any] = json.loads(unescape(found[1]))
    return seen


def screenshot(
    page: Path, target: Path, *, width: int, height: int, dark: bool = False, unfolded: bool = False
) -> None:
    """A picture of the page's first `height` pixels at that width."""
    with tempfile.TemporaryDirectory() as folder:
        frame = _frame(Path(folder), page, width, height, unfolded)
        size = f"--window-size={max(width, 500)},{height}"
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
        _run([*scheme, size, f"--screenshot={target}", frame.as_uri()])


def pdf(page: Path, target: Path) -> None:
    """The page as it is printed."""
    _run(["--no-pdf-header-footer", f"--print-to-pdf={target}", page.as_uri()])


def _frame(folder: Path, page: Path, width: int, height: int, unfolded: bool) -> Path:
    frame = folder / "frame.html"
    text = _FRAME % (escape(page.resolve().as_uri()), width, height, "true" if unfolded else "false")
    frame.write_text(text, encoding="utf-8")
    return frame


def _run(arguments: list[str]) -> str:
    program = find()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *_FLAGS, f"--user-data-dir={profile}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        warnings.warn(f"{program} ended with {done.returncode}: {done.stderr[-2000:]}", stacklevel=2)
    return done.stdout
