"""The daily notebook: where it is, what its cells say, and a copy of it as it ran."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fa_stats import files
from fa_stats.render import Fragment
from fa_stats.settings import Settings

NAME = "daily.ipynb"
PACKAGED = Path(__file__).parent / "notebooks"
_CHECKOUT = Path(__file__).parent.parent / "notebooks"


def find(settings: Settings, name: str = NAME) -> Path:
    """Where a notebook is: in the project's own folder, else the one that came with fa_stats."""
    places = (settings.notebooks, PACKAGED, _CHECKOUT)
    return next((place / name for place in places if (place / name).is_file()), PACKAGED / name)


def shipped() -> Path:
    """The folder of the notebooks that came with fa_stats."""
    return PACKAGED if PACKAGED.is_dir() else _CHECKOUT


def code(settings: Settings) -> list[str]:
    """The code cells of the daily notebook, for the report's last section; none where it cannot be read."""
    try:
        cells = json.loads(find(settings).read_text(encoding="utf-8"))["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError):
        return []


def cell_number() -> int:
    """The number of the cell that is running, 0 outside of Jupyter."""
    shell = _shell()
    return int(shell.execution_count) if shell else 0


def keep(settings: Settings, path: Path, shown: Sequence[tuple[int, Fragment]]) -> None:
    """Write the notebook as it ran so far, from within its own kernel; nothing outside of Jupyter.

    Under plain papermill nobody but the kernel knows the run's folder, and papermill's own copy lies elsewhere.
    """
    shell = _shell()
    if shell is None:
        return
    template = json.loads(find(settings).read_text(encoding="utf-8"))
    inputs = [str(source) for source in shell.user_ns.get("In", ())]
    template["cells"] = list(_executed(template["cells"], inputs, shown))
    files.write(path, json.dumps(template, indent=1, ensure_ascii=False).encode())


def _executed(
    cells: Sequence[dict[str, Any]], inputs: Sequence[str], shown: Sequence[tuple[int, Fragment]]
) -> list[dict[str, Any]]:
    """The notebook's cells with what they showed; cells that ran without being in it (injected ones) in their place."""
    found: list[dict[str, Any]] = []
    number = 1
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or source not in inputs[number:]:
            found.append(cell)
            continue
        place = inputs.index(source, number)
        found += [_code_cell({"id": f"ran-{n}", "metadata": {}}, inputs[n], n, ()) for n in range(number, place)]
        outputs = [fragment for n, fragment in shown if n == place]
        found.append(_code_cell(cell, source, place, outputs))
        number = place + 1
    return found


def _code_cell(cell: dict[str, Any], source: str, number: int, shown: Sequence[Fragment]) -> dict[str, Any]:
    outputs = [
        {
            "output_type": "execute_result",
            "execution_count": number,
            "metadata": {},
            "data": {"text/html": fragment.html, "text/plain": str(fragment)},
        }
        for fragment in shown
    ]
    return {**cell, "cell_type": "code", "source": source, "execution_count": number, "outputs": outputs}


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
