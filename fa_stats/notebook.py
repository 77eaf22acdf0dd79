"""The notebooks that are executed: where one is, what its cells say, and a copy of it as it ran."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from fa_stats import files
from fa_stats.render import Fragment
from fa_stats.settings import Settings

NAME = "daily.ipynb"
Shown: TypeAlias = tuple[dict[str, Any], dict[str, Any]]  # what Jupyter makes of a value: data and metadata
PACKAGED = Path(__file__).parent / "notebooks"
_CHECKOUT = Path(__file__).parent.parent / "notebooks"


def find(settings: Settings, name: str = NAME) -> Path:
    """Where a notebook is: in the project's own folder, else the one that came with fa_stats."""
    places = (settings.notebooks, PACKAGED, _CHECKOUT)
    return next((place / name for place in places if (place / name).is_file()), PACKAGED / name)


def shipped() -> Path:
    """Return the folder of the notebooks that came with fa_stats."""
    return PACKAGED if PACKAGED.is_dir() else _CHECKOUT


def code(settings: Settings, name: str = NAME) -> list[str]:
    """Return the code cells of a notebook, for the report's last section; none where it cannot be read."""
    try:
        cells = json.loads(find(settings, name).read_text(encoding="utf-8"))["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError):
        return []


def keep(settings: Settings, path: Path, last: Fragment, name: str = NAME) -> None:
    """Write the notebook of that name as it ran so far, from within its own kernel; nothing outside of Jupyter.

    Nobody but the kernel knows the run's folder, and papermill's own copy lies elsewhere. `last` is what the cell that
    is running will show. Raises StorageError.
    """
    shell = _shell()
    if shell is None:
        return
    try:
        template = json.loads(find(settings, name).read_text(encoding="utf-8"))
        cells = template["cells"]
    except (OSError, ValueError, KeyError):
        return  # somebody moved it while it ran: the report is whole without it
    inputs = shell.history_manager.input_hist_raw
    values = {**shell.user_ns["_oh"], len(inputs) - 1: last}
    shown = {number: shell.display_formatter.format(value) for number, value in values.items()}
    template["cells"] = list(_executed(cells, inputs, shown))
    files.write(path, json.dumps(template, indent=1, ensure_ascii=False).encode())


def _executed(
    cells: Sequence[dict[str, Any]], inputs: Sequence[str], shown: Mapping[int, Shown]
) -> Iterator[dict[str, Any]]:
    """Put what ran and what it showed into the notebook; cells that it does not have (injected ones) in their place."""
    number = 1
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source in inputs[number:]:
            place = inputs.index(source, number)
            for injected in range(number, place):
                yield _code_cell({"id": f"ran-{injected}", "metadata": {}}, inputs[injected], injected, shown)
            yield _code_cell(cell, source, place, shown)
            number = place + 1
        else:
            yield cell


def _code_cell(cell: dict[str, Any], source: str, number: int, shown: Mapping[int, Shown]) -> dict[str, Any]:
    ran = {"cell_type": "code", "source": source, "execution_count": number, "outputs": []}
    if number in shown:
        data, metadata = shown[number]
        result = {"output_type": "execute_result", "execution_count": number, "metadata": metadata, "data": data}
        ran["outputs"] = [result]
    return {**cell, **ran}


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()
