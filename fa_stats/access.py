"""What doctor finds of the source: whether it answers, what its role or its key may do, and what it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from fa_stats import catalogue, consent, grants, query, rights
from fa_stats.api.trial import Trial
from fa_stats.demo.schema import read_facts
from fa_stats.dialects import Dialect
from fa_stats.errors import QueryError
from fa_stats.finding import CLOSE, Finding
from fa_stats.rights import Standing
from fa_stats.settings import Settings
from fa_stats.sources import Connection, Limits, Schema, Source
from fa_stats.sources.api import APIConnection, HTTPInstance
from fa_stats.verifier import several

_LOOKED_UP = re.compile(r"_[0-9a-f]{6}$")  # so ends the column of a view that shows a value of a document
_PROBLEMS = 3  # of an API, named one by one
_TOO_MANY = 10  # absent calls: even an old FusionAuth lacks fewer


def examine(source: Source, settings: Settings) -> Iterator[Finding]:
    """Look at a source: at its own switch before all else, and where that is off, at nothing else."""
    if isinstance(source, HTTPInstance) and (exposed := source.exposed()):
        yield Finding(False, exposed, CLOSE)
    with source.connect() as connection:
        try:
            decision, unread = consent.may_collect(_switch(connection, settings), settings.instance.deployment), None
        except QueryError as error:
            decision, unread = None, f"the instance's own switch for usage data cannot be read: {error}."
        if decision and not decision.allowed:
            yield Finding(True, f"The source ({source.label}) answers. {decision.reason}")
        elif isinstance(connection, APIConnection):
            yield from _api(source, connection, settings, unread)
        else:
            yield from _database(source, connection, unread)


def _switch(connection: Connection, settings: Settings) -> bool | None:
    """Return what the instance's own switch says, which goes before all else; raises QueryError."""
    loaded, limits = catalogue.load(), settings.collection
    [each] = query.compose(loaded, [loaded.by_name["usageDataEnabled"]], connection.dialect)
    allowed = Limits(limits.statement_timeout_seconds, limits.statement_rows, limits.lock_timeout_seconds)
    rows = connection.run(each, {}, allowed).rows
    value = rows[0].get("usageDataEnabled") if rows else None
    return consent.switch_of(None if value is None else str(value))


def _database(source: Source, connection: Connection, unread: str | None) -> Iterator[Finding]:
    loaded = catalogue.load()
    dialect, version, schema = connection.dialect, connection.version(), connection.schema()
    needed = query.needs(loaded, grants.read_in_database(loaded), dialect)
    standing = connection.standing(needed)
    if "system_configuration" not in schema.columns:
        mend = "Check the database and schema that the source names, and the role's rights (`fa-stats grants`)."
        yield Finding(False, f"The source ({source.label}) holds no FusionAuth tables that can be seen.", mend)
        return
    tables = f"{len(schema.columns)} {'views that hide the documents' if dialect.views else 'tables'}"
    yield Finding(True, f"The source ({source.label}, {version}) answers and has {tables}.")
    if unread:
        yield Finding(False, f"The source ({source.label}): {unread}", "Without it nothing is collected.")
    if standing.encrypted is not None:
        yield from _session(dialect.name, standing)
        yield from _rights(dialect, schema, needed, standing)


def _api(source: Source, connection: APIConnection, settings: Settings, unread: str | None) -> Iterator[Finding]:
    if unread:
        yield Finding(False, f"The source ({source.label}): {unread}", "Without it nothing else is tried.")
        return
    trial = connection.trial()
    if len(trial.absent) > _TOO_MANY:
        said = f"The source ({source.label}) has next to nothing of FusionAuth's API: it does not know"
        yield Finding(False, f"{said} {len(trial.absent)} calls.", "Check the source's URL: host, port and path.")
        return
    yield from _problems(source, trial)
    yield from _key(trial)
    if not settings.instance.id:
        good = settings.collection.mode != "on"
        said = "The HTTP API does not show the instance's id, without which nothing can be sent."
        yield Finding(
            good, said, "Set `id` under [instance] in fa_stats.toml; in the database it is in the column instance.id."
        )


def _problems(source: Source, trial: Trial) -> Iterator[Finding]:
    if not trial.problems:
        yield Finding(True, f"The source ({source.label}) answers.")
    shown, rest = trial.problems[:_PROBLEMS], len(trial.problems) - _PROBLEMS
    more = f" {several(rest, 'more call')} failed." if rest > 0 else ""
    more += f" {several(trial.untried, 'other call')} not tried." if trial.untried else ""
    for problem in shown:
        last = more if problem is shown[-1] else ""
        mend = "See the source's URL and FusionAuth's own log."
        yield Finding(False, f"The source ({source.label}): {problem}.{last}", mend)


def _key(trial: Trial) -> Iterator[Finding]:
    keys = "in FusionAuth under Settings, API Keys"
    if trial.lacking:
        said = "a permission" if len(trial.lacking) == 1 else f"{len(trial.lacking)} permissions"
        yield Finding(False, f"The API key lacks {said}: {', '.join(trial.lacking)}.", f"Give it that, {keys}.")
    if trial.absent:
        said = f"This version of FusionAuth has no {', '.join(trial.absent)}: what is counted in it is unavailable."
        yield Finding(True, said)
    if trial.narrow:
        said = "The API key is for one tenant only: what is counted in several cannot be counted."
        yield Finding(False, said, f"Name a key that is for all tenants, {keys}.")
    elif trial.doubt:
        yield Finding(True, trial.doubt)
    if trial.unsure:
        said = f"Whether the API key may POST to {rights.several(trial.unsure)} could not be tried"
        yield Finding(False, f"{said}: the answers said neither yes nor no.", f"See what it may do, {keys}.")
    if trial.posts:
        said = f"The API key can do more than it needs: it may POST to {rights.several(trial.posts)}"
        mend = f"Leave it no more than GET, {keys}; a key with no permission set at all may do everything."
        yield Finding(False, f"{said}, where GET is enough.", mend)
    elif not (trial.lacking or trial.narrow or trial.problems or trial.unsure):
        said = "The API key may GET all that is counted in, and may not POST; PUT, PATCH and DELETE are not tried."
        yield Finding(True, said)


def _session(dialect: str, standing: Standing) -> Iterator[Finding]:
    if standing.encrypted:
        yield Finding(True, "The connection is encrypted.")
    elif standing.local:
        yield Finding(True, "The connection is not encrypted, and does not leave the server's machine.")
    else:
        option = "sslmode=verify-full" if dialect == "postgresql" else "ssl_mode=verify_identity"
        mend = f"Add `{option}` to the URL of the source, after a `?`, and see that the server has a certificate."
        yield Finding(False, "The connection is not encrypted: whoever is on the way can read it.", mend)
    where = "takes no writes, as a replica does" if standing.read_only else "takes writes, so it is no replica"
    yield Finding(True, f"The server {where}.")


def _rights(
    dialect: Dialect, schema: Schema, needed: Mapping[str, Sequence[str]], standing: Standing
) -> Iterator[Finding]:
    option = " --views" if dialect.views else ""
    mend = f"`fa-stats grants --dialect {dialect.name} --role ROLE{option}` prints the SQL that gives what is needed"
    lacking = _lacking(dialect, schema, needed)
    if lacking:
        said = f"{len(lacking)} columns" if len(lacking) > 1 else "a column"
        yield Finding(False, f"The role cannot read {said} that it needs: {rights.several(lacking)}.", f"{mend}.")
    if standing.excess:
        said = f"The role can do more than it needs: {'; '.join(standing.excess)}."
        yield Finding(False, said, f"{mend}, and no more: run it for a new role, and name that in the source.")
    elif not lacking:
        yield Finding(True, "The role can read what is counted, and nothing else.")


def _lacking(dialect: Dialect, schema: Schema, needed: Mapping[str, Sequence[str]]) -> list[str]:
    """Name the columns that are needed and that the role cannot read; what only some versions have is not missed."""
    columns = [(table, column) for table, names in needed.items() for column in names]
    hidden = [each for each in columns if each[1] in schema.unreadable.get(each[0], ())]
    if dialect.views or dialect.name != "postgresql":  # where what may not be read looks as if it were not there
        always = {(fact["table"], fact["column"]) for fact in read_facts("schema.csv") if not fact["since"]}
        absent = [each for each in columns if each[1] not in schema.columns.get(each[0], ())]
        hidden += [each for each in absent if each in always or _LOOKED_UP.search(each[1])]
    return [f"{table}.{column}" for table, column in hidden]
