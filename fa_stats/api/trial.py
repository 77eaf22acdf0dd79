"""What an API key may do: every call that a run makes is tried once, for a single object."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from fa_stats.api.client import BadRequestError, Client, NotShownError
from fa_stats.api.shown import METRICS, Call, Shown, permission
from fa_stats.errors import QueryError

_MINUTE = 60_000
_ENOUGH = 3  # problems of one kind, after which it is known what ails the instance


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: permissions that are `lacking`, whatever else went wrong, and the searches open to POST.

    `absent` are calls that the instance does not know, `unsure` the searches of which nobody can tell. `untried` is how
    many calls were left alone when it was known what ails the instance; `narrow` is whether the key is for one tenant
    only, `doubt` what makes one think so.
    """

    lacking: tuple[str, ...]
    problems: tuple[str, ...]
    posts: tuple[str, ...]
    unsure: tuple[str, ...]
    absent: tuple[str, ...]
    untried: int
    narrow: bool = False
    doubt: str | None = None


def try_key(client: Client, shown: Shown, now: int, but: str) -> Trial:
    """Try the key with every call `but` one; `now` is in milliseconds since 1970. Nothing of any answer is kept.

    Whether a key may write cannot be tried without writing. A key that may use POST where GET is enough has been given
    more than it needs, and POST on a search changes nothing.
    """
    lacking, absent, problems = list[str](), list[str](), list[str]()
    posts, unsure, untried = list[str](), list[str](), 0
    kinds: Counter[str] = Counter()
    calls = [*(call for call in shown.calls.values() if call.name != but), Call("metrics", METRICS)]
    for place, call in enumerate(calls, 1):
        try:
            _try(client, call, now)
            may = client.may_post(call.path) if call.paged else False
            posts += [call.path] if may else []
            unsure += [call.path] if may is None else []
        except NotShownError as error:
            (absent if error.absent else lacking).append(error.permission)
        except QueryError as error:
            problems.append(str(error))
            kind = re.sub(r"(GET|POST) \S+", "", str(error))
            kinds[kind] += 1
            if client.lost or kinds[kind] == _ENOUGH:
                untried = len(calls) - place
                break
    return Trial(tuple(lacking), tuple(problems), tuple(posts), tuple(unsure), tuple(absent), untried)


def _try(client: Client, call: Call, now: int) -> None:
    given: dict[str, object] = {"numberOfResults": 1} if call.paged else {}
    given |= {"start": now - _MINUTE, "end": now} if call.span else {}
    try:
        client.get(call.path, given, text=call.path == METRICS)
    except BadRequestError:
        return  # it was let in
    except NotShownError as error:
        for path in call.older:
            try:
                answer = client.get(path)
            except (NotShownError, QueryError) as other:
                raise (other if error.absent else error) from None
            if not all(f'"{name}"' in answer for name, _ in call.holds):
                if not error.absent:
                    raise
                raise QueryError(f"{permission(path)} was answered without what is documented") from None
        if not call.older:
            raise
