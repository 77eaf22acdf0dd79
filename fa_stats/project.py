"""`fa-stats init`: the notebooks and a commented settings file, to start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fa_stats import files, notebook
from fa_stats.settings import FILE

TEMPLATE = Path(__file__).parent / "templates" / FILE


def lay_out(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Make the folder's files; yields each with whether it was made (False: it was there, and stays as it is)."""
    content = {folder / FILE: TEMPLATE.read_bytes()}
    content |= {
        folder / "notebooks" / path.name: path.read_bytes() for path in sorted(notebook.shipped().glob("*.ipynb"))
    }
    for path, text in content.items():
        made = not path.exists()
        if made:
            files.write(path, text)
        yield path, made
    for name in ("data", "reports"):
        try:
            (folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise files.refused(folder / name, error) from error
