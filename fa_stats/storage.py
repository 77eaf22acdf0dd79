"""DuckDB files of our own: reading them whoever else has them open, and saying plainly where writing one fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from fa_stats import files
from fa_stats.errors import StorageError


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file read-only. Raises duckdb.Error or OSError."""
    connection = _open(path)
    if connection:
        with connection:
            yield connection
    else:
        with _copied(path) as copy, duckdb.connect(str(copy), read_only=True) as connection:
            yield connection


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """Give a path under which a file can be attached read-only: its own, or that of a copy. Raises OSError."""
    connection = _open(path)
    if connection:
        connection.close()
        yield path
    else:
        with _copied(path) as copy:
            yield copy


def _open(path: Path) -> duckdb.DuckDBPyConnection | None:
    """Open a file, unless somebody has it open for writing.

    That keeps all others out, and leaves a log beside the file that would be read along with it.
    """
    if not Path(f"{path}.wal").exists():
        with suppress(duckdb.Error):
            return duckdb.connect(str(path), read_only=True)
    return None


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """Copy the file alone, as it was put in place."""
    with files.scratch() as folder:
        yield Path(shutil.copyfile(path, folder / path.name))


def unwritten(path: Path, error: duckdb.Error) -> StorageError:
    """Put DuckDB's refusal to write a file in words."""
    if any(words in str(error) for words in ("No space left", "File too large", "quota")):
        return files.full(path)
    return StorageError(f"{path} could not be written ({type(error).__name__}). Earlier days are whole. Run again.")


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
