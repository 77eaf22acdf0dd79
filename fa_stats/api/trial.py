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

    `untried` is how many calls were left alone when it was known what ails the instance; `narrow` is whether the key is
    for one tenant only.
    """

    lacking: tuple[str, ...]
    problems: tuple[str, ...]
    posts: tuple[str, ...]
    untried: int
    narrow: bool = False


def try_key(client: Client, shown: Shown, now: int, but: str) -> Trial:
    """Try the key with every call `but` one; `now` is in milliseconds since 1970. Nothing of any answer is kept.

    Whether a key may write cannot be tried without writing. A key that may use POST where GET is enough has been given
    more than it needs, and POST on a search changes nothing.
    """
    lacking, problems, posts, untried = [], [], [], 0
    kinds: Counter[str] = Counter()
    calls = [*(call for call in shown.calls.values() if call.name != but), Call("metrics", METRICS)]
    for place, call in enumerate(calls, 1):
        try:
            _try(client, call, now)
            if call.paged and client.may_post(call.path):
                posts.append(call.path)
        except NotShownError as error:
            if not error.absent:
                lacking.append(permission(call.path))
        except QueryError as error:
            problems.append(str(error))
            kind = re.sub(r"(GET|POST) \S+", "", str(error))
            kinds[kind] += 1
            if client.lost or kinds[kind] == _ENOUGH:
                untried = len(calls) - place
                break
    return Trial(tuple(lacking), tuple(problems), tuple(posts), untried)


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
                client.get(path)
            except (NotShownError, QueryError) as other:
                raise (other if error.absent else error) from None
        if not call.older:
            raise
