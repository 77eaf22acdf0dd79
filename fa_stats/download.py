"""One small document over HTTP, within limits that no server can stretch: of time, of size, and of where it leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests
from requests.exceptions import RequestException
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from fa_stats import __version__
from fa_stats.outbox.line import Adapter, Line, same_place, within

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 3
_PIECE = 65_536


class NotHadError(Exception):
    """The document could not be had; the message ends a sentence that begins with its name, and holds no address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A document as received, and what the server wants to be asked with the next time."""

    content: bytes
    etag: str | None
    last_modified: str | None


def download(
    url: str, *, etag: str | None, last_modified: str | None, ca: Path | None, seconds: float, most: int
) -> Answer | None:
    """Return a document of at most `most` bytes, None where the server says that it has not changed.

    All of it, redirects included, takes `seconds` at the most. Proxies are those of the environment; no password file
    is read, and no other host is followed to. Raises NotHadError.
    """
    if ca and not ca.is_file():
        raise NotHadError("could not be fetched: the file that `ca` in [sending] names is not there")
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": f"fa_stats/{__version__}"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    line = Line()
    adapter = Adapter(line)

    def get(url: str) -> requests.Response:
        request = requests.Request("GET", url, headers=headers).prepare()
        proxies = get_environ_proxies(url) if url.startswith("https:") else {}
        # Without a session, there are no cookies, and nothing is read from a .netrc.
        return adapter.send(request, stream=True, timeout=seconds, verify=str(ca) if ca else True, proxies=proxies)

    try:
        return within(seconds, line, lambda: _answer(get, url, most))
    except (RequestException, HTTPError, OSError) as error:
        raise NotHadError(_words(error, seconds)) from None
    finally:
        adapter.close()


def _answer(get: Callable[[str], requests.Response], url: str, most: int) -> Answer | None:
    for _ in range(_MOST_REDIRECTS + 1):
        with get(url) as response:
            if response.status_code in _REDIRECTS:
                following = same_place(url, response.headers.get("Location", ""))
                if following is None:
                    said = "was refused: its address redirects to another server. Name the right one under [policy] url"
                    raise NotHadError(said)
                url = following
                continue
            if response.status_code == 304:
                return None
            if response.status_code != 200:
                raise NotHadError(f"could not be fetched: the server answered {response.status_code}")
            content = _body(response, most)
            return Answer(content, response.headers.get("ETag"), response.headers.get("Last-Modified"))
    raise NotHadError(f"could not be fetched: it is redirected more than {_MOST_REDIRECTS} times")


def _body(response: requests.Response, most: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise NotHadError("was refused: it was sent compressed, which was not asked for")
    content = b""
    while piece := response.raw.read(_PIECE, decode_content=False):
        content += piece
        if len(content) > most:
            raise NotHadError(f"was refused: it is larger than {most:,} bytes")
    return content


def _words(error: Exception, seconds: float) -> str:
    if isinstance(error, TimeoutError | requests.Timeout):
        return f"could not be fetched: the server had not answered in full after {seconds:g} s"
    if isinstance(error, requests.exceptions.SSLError):
        said = "could not be fetched: the server's certificate does not hold, or is of an authority unknown here"
        return f"{said} (`ca` in [sending] names one of your own)"
    if isinstance(error, requests.exceptions.ProxyError):
        return "could not be fetched: the proxy that the environment names did not let it through"
    if isinstance(error, requests.exceptions.ChunkedEncodingError | HTTPError):
        return "could not be fetched: it was cut short"
    return "could not be fetched: its server cannot be reached"
