"""What must never leave is known by its shape, whatever it wears; what may leave has no such shape."""

from __future__ import annotations

import base64
import html
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fa_stats import catalogue
from fa_stats.checks import forms, privacy
from fa_stats.checks.privacy import Identifier

# What a person, a firm or a server has, and the shape that it is to be known by.
PLANTED = {
    "e-mail address": ("erika.mustermann@example.com", "an e-mail address"),
    "e-mail address with a name": ("Erika Mustermann <erika@example.com>", "an e-mail address"),
    "URL": ("https://login.example.com/oauth2/authorize?client_id=7", "a URL"),
    "URL without a scheme": ("www.example.com/users", "a URL"),
    "webhook": ("http://10.0.0.7:8080/hook", "a URL"),
    "host": ("mail.example.com", "a host name"),
    "host with a port": ("smtp.example.org:587", "a host name"),
    "own machine": ("localhost:9011", "a host name"),
    "IPv4 address": ("192.168.17.23", "a network address"),
    "IPv6 address": ("2001:db8::8a2e:370:7334", "a network address"),
    "hardware address": ("00:1b:44:11:3a:b7", "a hardware address"),
    "telephone number": ("+49 30 901820", "a telephone number"),
    "telephone number of the USA": ("(303) 555-0142", "a telephone number"),
    "payment card": ("4111 1111 1111 1111", "a payment card number"),
    "bank account": ("DE89 3704 0044 0532 0130 00", "a bank account number"),
    "social security number": ("123-45-6789", "a social security number"),
    "person's name": ("Erika Mustermann", "a person's name or an address"),
    "street": ("12 Main Street", "a person's name or an address"),
    "street of Germany": ("Heidestraße 17", "a person's name or an address"),
    "town": ("51147 Köln", "a person's name or an address"),
    "birth date": ("1985-04-12", "a date"),
    "birth date of Germany": ("12.04.1985", "a date"),
    "coordinates": ("39.7392, -104.9903", "coordinates"),
    "UUID": ("0c8a1b6e-5f5d-4c0b-9b57-3e6d9c1f2a44", "an id"),
    "JWT": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r", "a signed token"),
    "API key": ("bf69486b-4733-4470-a592-f1bfce7af580", "an id"),
    "API key without dashes": ("sk_live_51H8xY2eZvKYlo2C0aB3dE4fG", "a key or token"),
    "hash": ("5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8", "a digest"),
    "MD5": ("5f4dcc3b5aa765d61d8327deb882cf99", "a digest"),
    "user name": ("erika.mustermann", "a user name"),
    "user name with figures": ("emuster77", "a user name"),
    "path": ("/home/erika/.ssh/key", "a path"),
    "path of Windows": ("C:\\Users\\Erika", "a path"),
    "connection string": ("postgresql://admin:secret@db/fusionauth", "a URL"),
    "connection parameters": ("host=db password=secret", "a connection string"),
    "licence plate": ("B-MW 1234", "a licence plate"),
    "licence plate of the USA": ("ABC-1234", "a licence plate"),
    "passport number": ("C01X00T478", "neither a name, a version nor a time"),
    "sentence": ("Please call me back", "free text"),
    "title": ("Acme Inc.", "free text"),
}


def homoglyphs(text: str) -> str:
    return text.translate(str.maketrans("aeopcxyTHKMBE", "аеорсхуТНКМВЕ"))  # noqa: RUF001


def full_width(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "zero-width": lambda text: "\u200b".join(text),
    "soft hyphens": lambda text: "\u00ad".join(text),
    "right to left": lambda text: f"\u202e{text}\u202c",
    "homoglyphs": homoglyphs,
    "full width": full_width,
    "combining marks": lambda text: "".join(each + "\u0301" if each.isalpha() else each for each in text),
    "mathematical": lambda text: "".join(chr(0x1D400 + ord(e) - 65) if "A" <= e <= "Z" else e for e in text.upper()),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent twice": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "entities": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "named entities": lambda text: html.escape(text).replace("@", "&commat;").replace(".", "&period;"),
    "backslash u": lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a URL, unpadded": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "words for signs": lambda text: text.replace("@", " at ").replace(".", " dot "),
    "brackets": lambda text: text.replace("@", "[at]").replace(".", "(dot)"),
    "spaces around": lambda text: f"  {text}\n",
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("what", PLANTED)
def test_no_planted_thing_is_overlooked_in_any_disguise(what: str, disguise: str) -> None:
    text, _ = PLANTED[what]
    found = privacy.shapes(DISGUISES[disguise](text))
    assert found & (privacy.PERSONAL | privacy.CONFIGURATION)


@pytest.mark.parametrize(
    "disguise", ["plain", "zero-width", "full width", "percent", "entities", "backslash u", "base64"]
)
@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_thing_is_known_by_its_own_shape(what: str, disguise: str) -> None:
    text, shape = PLANTED[what]
    assert shape in privacy.shapes(DISGUISES[disguise](text))


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("erikaATexampleDOTcom", "an e-mail address"),
        ("erika at example dot com", "an e-mail address"),
        ("erika_at_example_dot_com", "an e-mail address"),
        ("erika (at) example.com", "an e-mail address"),
        ("xn--mller-kva.example", "a host name"),
        ("bücher.example", "a host name"),
        ("hxxps://example[.]com", "a URL"),
        ("user@localhost", "an e-mail address"),
        ("fe80::1%eth0", "a network address"),
        ("::1", "a network address"),
        ("001b.4411.3ab7", "a hardware address"),
        ("11/23/1985", "a date"),
        ("19850412", "a date"),
        ("٠١٢٣٤٥٦٧٨٩", "a telephone number"),
        ("06 12 34 56 78", "a telephone number"),
        ("GB29NWBK60161331926819", "a bank account number"),
    ],
)
def test_other_spellings_are_known(text: str, shape: str) -> None:
    assert shape in privacy.shapes(text)


def test_every_shape_has_something_that_shows_it() -> None:
    shown = {shape for text, _ in PLANTED.values() for shape in privacy.shapes(text)}
    coded = privacy.shapes(base64.b64encode(b"Erika Mustermann").decode())
    assert shown | coded == privacy.PERSONAL | privacy.CONFIGURATION


CLEAN = [
    *catalogue.load().by_name,
    *forms.PROVIDERS,
    *forms.SETUP,
    *forms.ENVELOPE,
    *("Community", "Starter", "Essentials", "Enterprise", "enterprise", "premium", "Production", "Non-production"),
    *("database", "elasticsearch", "1s", "30s", "500ms", "900micros", "-1"),
    *("0.2.0", "1.60.2", "1.60.0-rc.1", "8.3.0", "8.0.36", "15.18", "16", "10.11.6", "1.5.6", "9.6.24"),
    *("17.0.8.1+1", "21.0.10.1+11", "21.0.5+11-LTS", "1.8.0_392-b08", "7.17.18", "8.13.4", "2.11.0", "8.0.0-SNAPSHOT"),
]


@pytest.mark.parametrize("text", CLEAN)
def test_what_may_leave_has_no_shape(text: str) -> None:
    assert privacy.shapes(text) == frozenset()


def test_the_identifiers_of_the_page_may_stand_in_their_own_places_and_nowhere_else() -> None:
    instance, licence = "0c8a1b6e-5f5d-4c0b-9b57-3e6d9c1f2a44", "7H2k9-QWerty-0042-abcd"
    assert privacy.shapes(instance, allowed=Identifier.INSTANCE) == frozenset()
    assert privacy.shapes(instance, allowed=Identifier.LICENSE) == frozenset()
    assert privacy.shapes(licence, allowed=Identifier.LICENSE) == frozenset()
    assert privacy.shapes(licence, allowed=Identifier.INSTANCE)
    assert privacy.shapes(instance)
    assert privacy.shapes(licence)


@pytest.mark.parametrize(
    "what", ["e-mail address", "URL", "IPv6 address", "payment card", "bank account", "JWT", "path"]
)
def test_nothing_else_passes_for_an_identifier(what: str) -> None:
    text, _ = PLANTED[what]
    for bare in (text, text.replace(" ", "")):
        assert privacy.shapes(bare, allowed=Identifier.INSTANCE)
        assert privacy.shapes(bare, allowed=Identifier.LICENSE)


@given(st.text(max_size=80))
@settings(deadline=None)
def test_any_text_can_be_looked_at(text: str) -> None:
    found = privacy.shapes(text)
    assert found <= privacy.PERSONAL | privacy.CONFIGURATION
    if not text.isascii() or any(each.isspace() for each in text):
        assert found


def test_a_number_whose_check_digit_is_wrong_is_no_card_and_no_account() -> None:
    assert "a payment card number" not in privacy.shapes("4111 1111 1111 1112")
    assert "a bank account number" not in privacy.shapes("GB29NWBK60161331926818")
    assert privacy.shapes("GB29NWBK60161331926818", allowed=Identifier.LICENSE) == frozenset()


def test_a_long_text_is_not_read_for_long() -> None:
    assert privacy.shapes("a" * 1_000_000)
    assert privacy.shapes("erika@example.com " * 100_000)


@given(local=st.from_regex(r"[a-z]{1,8}", fullmatch=True), host=st.from_regex(r"[a-z]{2,8}\.(com|org)", fullmatch=True))
@settings(deadline=None, max_examples=40)
@pytest.mark.parametrize(
    "disguise", ["zero-width", "full width", "percent twice", "entities", "base64 twice", "hexadecimal"]
)
def test_no_e_mail_address_passes_in_any_disguise(disguise: str, local: str, host: str) -> None:
    assert "an e-mail address" in privacy.shapes(DISGUISES[disguise](f"{local}@{host}"))
