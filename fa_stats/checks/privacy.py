"""The shapes of what must never leave: personal data, addresses, secrets, free text; known by their looks alone.

Nothing here knows the catalogue or the form of any figure, so that a mistake there is not made here again.
"""

from __future__ import annotations

import base64
import html
import ipaddress
import quopri
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import unquote

_Test: TypeAlias = Callable[[str], object]


class Identifier(StrEnum):
    """The two identifiers that the vendor's page names, each allowed in its own place."""

    INSTANCE = "instanceId"
    LICENSE = "licenseId"


# Letters and signs of other scripts that look like ours: each is followed by what it looks like.
_PAIRS = (
    "аa еe оo рp сc уy хx ѕs іi јj ԁd һh кk мm тt вb нh АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ЅS ІI ЈJ "  # noqa: RUF001
    "αa οo ρp εe νv ιi κk τt υu χx ηn ωw γy ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX "  # noqa: RUF001
    "ıi ɡg ɑa ∕/ ⁄/ ․. ‧. ·. 。. ：: ꓸ. ﹒. ‐- ‑- ‒- –- −-"  # noqa: RUF001
)
_ALIKE = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
_DEPTH = 4  # how many disguises may lie over one another
_MOST = 200  # readings of one text
_LONGEST = 1000  # characters
_INVISIBLE = {"Cf", "Cc", "Mn", "Me", "Zl", "Zp", "Co", "Cs"}
_AT = re.compile(r"\s*[\[({<]\s*(?:at|@)\s*[\])}>]\s*|[\s_-]+at[\s_-]+", re.IGNORECASE)
_DOT = re.compile(r"\s*[\[({<]\s*(?:dot|\.)\s*[\])}>]\s*|[\s_-]+dot[\s_-]+", re.IGNORECASE)
_UPPER_AT, _UPPER_DOT = re.compile(r"(?<=[a-z0-9])AT(?=[a-z0-9])"), re.compile(r"(?<=[a-z0-9])DOT(?=[a-z0-9])")
_ESCAPED = re.compile(r"\\+(?:u\{?([0-9a-fA-F]{4,6})\}?|x([0-9a-fA-F]{2}))")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_PRINTABLE = re.compile(r"[ -~]{9,}")

# All that may leave: a word such as the names of stats, a version, a short time.
_WORD = re.compile(r"[A-Za-z]{1,40}(?:[0-9][A-Za-z]{1,40}){0,2}[A-Za-z]*[0-9]?|[A-Z][a-z]+-[a-z]+")
_VERSION = re.compile(
    r"[0-9]{1,2}(?:\.(?:0|[1-9][0-9]{0,2})){0,2}(?:(?:\.[0-9]{1,2})?\+[0-9]{1,3})?(?:-(?:LTS|SNAPSHOT|alpha|beta|rc|RC)[.0-9]{0,3})?"
    r"|1\.8\.0_[0-9]{1,3}(?:-b[0-9]{2})?"
)
_TIME = re.compile(r"-1|[0-9]{1,5}(?:nanos|micros|ms|s|m|h|d)")
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_DIGITS_APART = re.compile(r"(?<![A-Za-z0-9])[+(]{0,2}[0-9](?:[ ().,/_-]{0,3}[0-9])+(?![A-Za-z0-9])")
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}(?![A-Z0-9])")
# How long a bank account number is in each country.
_IBAN_LENGTHS = (
    "AD24 AE23 AT20 BE16 BG22 BR29 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 "
    "IL23 IS26 IT27 LI21 LT20 LU20 LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SA24 SE24 SI19 SK24 TR26 UA29"
)
_COLONS = re.compile(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")


def _found(pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> _Test:
    return re.compile(pattern, flags).search


def _runs_of_digits(text: str) -> Iterator[str]:
    if not _VERSION.fullmatch(text):
        for match in _DIGITS_APART.finditer(text):
            yield re.sub(r"[^0-9]", "", match.group())


def _telephone(text: str) -> bool:
    return any(7 <= len(digits) <= 15 for digits in _runs_of_digits(text))


def _card(text: str) -> bool:
    return any(13 <= len(digits) <= 19 and _luhn(digits) for digits in _runs_of_digits(text))


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def _account(text: str) -> bool:
    return any(_is_iban(match.group()) for match in _IBAN.finditer(re.sub(r"[ .-]", "", text).upper()))


def _is_iban(text: str) -> bool:
    turned = "".join(str(int(letter, 36)) for letter in text[4:] + text[:4])
    return f"{text[:2]}{len(text)}" in _IBAN_LENGTHS.split() and int(turned) % 97 == 1


def _ip_address(text: str) -> bool:
    return any(
        _is_address(each) for each in (*re.findall(r"(?<![0-9.])[0-9.]+(?![0-9.+])", text), *_COLONS.findall(text))
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("."))
    except ValueError:
        return False
    return True


def _token(text: str) -> bool:
    """Whether a long word has more figures in it than any name has."""
    return any(sum(each.isdigit() for each in word) >= 3 for word in re.findall(r"[A-Za-z0-9_-]{16,}", text))


def _unplain(text: str) -> bool:
    return not any(form.fullmatch(text) for form in (_WORD, _VERSION, _TIME))


_PERSONAL: dict[str, _Test] = {
    "an e-mail address": _found(r"[^\s@]@[^\s@]"),
    "a telephone number": _telephone,
    "a payment card number": _card,
    "a bank account number": _account,
    "a social security number": _found(r"(?<![0-9])[0-9]{3}[- .][0-9]{2}[- .][0-9]{4}(?![0-9])"),
    "a date": _found(
        r"(?<![0-9])(?:(?:1[89]|20)[0-9]{2}([-./ ]?)[01]?[0-9]\1[0-3]?[0-9]"
        r"|[0-3]?[0-9][-./ ][0-3]?[0-9][-./ ](?:1[89]|20)[0-9]{2})(?![0-9])"
    ),
    "coordinates": _found(r"(?<![0-9])[0-9]{1,3}\.[0-9]{4,}|[0-9]\s?[°º]"),
    "a person's name or an address": _found(
        r"[^\W\d_]{2,}[.,]?[\s_]+[^\W\d_]{2,}|[0-9][\s,]+[^\W\d_]{3,}|[^\W\d_]{3,}[.,]?\s+[0-9]"
    ),
    "a licence plate": _found(r"^[A-Z]{1,3}[ -]?[A-Z]{0,3}[ -]?[0-9]{1,4}[ -]?[A-Z]{0,3}$", re.NOFLAG),
    "a user name": _found(r"^(?:@[\w.]+|[a-z]+[._][a-z]+[0-9]*|[a-z]+[0-9]{2,4})$"),
}
_CONFIGURATION: dict[str, _Test] = {
    "a URL": _found(r"[a-z][a-z0-9+.-]*:/|\bwww\.|\bmailto:|\bhxxp"),
    "a host name": _found(r"(?<![a-z0-9-])(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]+|\blocalhost\b"),
    "a network address": _ip_address,
    "a hardware address": _found(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}"),
    "an id": _UUID.search,
    "a path": _found(r"[/\\]"),
    "a connection string": _found(r"\w\s*=\s*[^=\s]|\w:[^@\s]+@"),
    "a signed token": _found(r"eyJ[\w-]{4,}\.[\w-]+", re.NOFLAG),
    "a key or token": _token,
    "a digest": _found(r"(?<![0-9a-f])(?=[a-f]*[0-9])[0-9a-f]{32,}(?![0-9a-f])"),
    "free text": _found(r"[\w.,;!?]\s+\w"),
    "an encoded text": lambda text: any(_PRINTABLE.fullmatch(each) for each in _encodings(text)),
}
_UNLIKE = "neither a name, a version nor a time"
_TESTS = _PERSONAL | _CONFIGURATION
PERSONAL = frozenset(_PERSONAL)
CONFIGURATION = frozenset(_CONFIGURATION) | {_UNLIKE}
_WHOLE_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WHOLE_LICENSE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{16,128}")


@lru_cache(maxsize=2048)  # the names of a payload are looked at by more checks than one
def shapes(text: str, allowed: Identifier | None = None) -> frozenset[str]:
    """Return the shapes that a text has in any of its readings.

    `allowed` is the identifier in whose place it stands, which is looked at as a whole: a bank account or a signed
    token is still no licence id.
    """
    if allowed is Identifier.INSTANCE and _WHOLE_ID.fullmatch(text):
        return frozenset()
    if allowed is Identifier.LICENSE and _WHOLE_LICENSE.fullmatch(text):
        return frozenset({"a bank account number"} if _account(text) else ())
    if len(text) > _LONGEST:
        return frozenset({"free text", _UNLIKE})  # nothing that may leave is as long, and to read it would take long
    # Only the text itself is to be plain: what it is decoded to by chance need not be.
    plain = {_UNLIKE} if _unplain(text) else set()
    return frozenset(plain | {name for each in readings(text) for name, test in _TESTS.items() if test(each)})


def readings(text: str) -> set[str]:
    """Return a text as it stands, and with every disguise taken off that it may wear."""
    found, fresh = {text}, {text}
    for _ in range(_DEPTH):
        fresh = {other for each in fresh for undo in _DISGUISES for other in undo(each)} - found
        found |= fresh
        if not fresh or len(found) > _MOST:
            break
    return found


def _plain(text: str) -> Iterator[str]:
    """Undo full-width and composed letters, invisible ones, and letters that look like ours."""
    whole = unicodedata.normalize("NFKC", text)
    bare = "".join(
        each for each in unicodedata.normalize("NFKD", whole) if unicodedata.category(each) not in _INVISIBLE
    )
    yield bare
    yield "".join(str(unicodedata.decimal(each, each)) for each in bare.translate(_ALIKE))


def _escapes(text: str) -> Iterator[str]:
    yield unquote(text)
    yield html.unescape(text)
    yield _ESCAPED.sub(lambda match: _character(match.group(1) or match.group(2)), text)
    yield quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")


def _character(code: str) -> str:
    point = int(code, 16)
    return chr(point) if point <= 0x10FFFF else ""


def _words(text: str) -> Iterator[str]:
    text = _UPPER_DOT.sub(".", _UPPER_AT.sub("@", text))
    yield _DOT.sub(".", _AT.sub("@", text))
    yield re.sub(r"xn--([a-z0-9-]+)", _from_punycode, text, flags=re.IGNORECASE)


def _from_punycode(match: re.Match[str]) -> str:
    try:
        return match.group(1).encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return match.group()


def _encodings(text: str) -> Iterator[str]:
    """Give what base64, base32 and hexadecimal digits stand for, where that is text."""
    for word in _BASE64.findall(text):
        bare = word.rstrip("=")
        for decode, encoded in (
            (base64.urlsafe_b64decode, _padded(bare.replace("+", "-").replace("/", "_"), 4)),
            (base64.b32decode, _padded(bare.upper(), 8)),
            (bytes.fromhex, bare),
        ):
            with suppress(ValueError):
                plain = decode(encoded).decode("utf-8")
                if plain.isprintable():
                    yield plain


def _padded(text: str, block: int) -> str:
    return text + "=" * (-len(text) % block)


_DISGUISES: tuple[Callable[[str], Iterator[str]], ...] = (_plain, _escapes, _words, _encodings)
