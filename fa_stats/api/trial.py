"""What an API key may do: every call that a run makes is tried once, for a single object."""

from __future__ import annotations

from dataclasses import dataclass

from fa_stats.api.client import BadRequestError, Client, NotShownError
from fa_stats.api.shown import METRICS, Call, Shown, permission
from fa_stats.errors import QueryError

_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: permissions that are `lacking`, whatever else went wrong, and the searches open to POST.

    `refused` is whether not one call was allowed, as with a key that is not, or no longer, known; `unknown` is whether
    not one call was even known, as where the URL leads to something else.
    """

    lacking: tuple[str, ...]
    problems: tuple[str, ...]
    posts: tuple[str, ...]
    refused: bool
    unknown: bool


def try_key(client: Client, shown: Shown, now: int) -> Trial:
    """Try the key; `now` is in milliseconds since 1970. Nothing of any answer is kept.

    Whether a key may write cannot be tried without writing. A key that may use POST where GET is enough has been given
    more than it needs, and POST on a search changes nothing.
    """
    lacking, problems, posts, allowed = [], [], [], 0
    for call in shown.calls.values():
        try:
            _try(client, call, now)
            allowed += 1
            if call.paged and client.may_post(call.path):
                posts.append(call.path)
        except NotShownError as error:
            if not error.absent:
                lacking.append(permission(call.path))
        except QueryError as error:
            problems.append(str(error))
            if client.lost:
                break
    try:
        client.get(METRICS, text=True)
    except NotShownError as error:
        lacking += [] if error.absent else [permission(METRICS)]
    except QueryError as error:
        problems.append(str(error))
    return Trial(
        lacking=tuple(lacking),
        problems=tuple(dict.fromkeys(problems)),
        posts=tuple(posts),
        refused=bool(lacking) and not allowed,
        unknown=not (lacking or problems or allowed),
    )


def _try(client: Client, call: Call, now: int) -> None:
    given: dict[str, object] = {"numberOfResults": 1} if call.paged else {}
    given |= {"start": now - _MINUTE, "end": now} if call.span else {}
    try:
        client.get(call.path, given)
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
