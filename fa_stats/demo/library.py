"""What tenants and applications choose from: templates, lambdas, themes and forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fa_stats.demo import names
from fa_stats.demo.documents import compact
from fa_stats.demo.moment import Moment, unit
from fa_stats.demo.rows import Row

STOCK_THEME = "75a068fd-e94b-451a-9aeb-3ddb9a3b5987"
STOCK_SIMPLE_THEME = "3c717291-5d83-4014-bd51-97c76475dc86"

_LETTERS = [
    "Welcome",
    "Forgot password",
    "Passwordless login",
    "Set up password",
    "Email verification",
    "Email verified",
    "Email changed",
    "Registration verification",
    "Password changed",
    "Password reset",
    "New device",
    "Suspicious login",
    "Two-factor code",
    "Two-factor method added",
    "Two-factor method removed",
    "Confirm child",
    "Family request",
    "Parent registration",
]
_MESSAGES = [
    "Code",
    "Forgot password",
    "Passwordless",
    "Verification",
    "New device",
    "Suspicious login",
    "Number changed",
    "Welcome",
]
_DEFAULT_LAMBDAS = {
    "Apple Reconcile": 4,
    "Facebook Reconcile": 6,
    "Google Reconcile": 7,
    "LinkedIn Reconcile": 11,
    "OpenID Connect Reconcile": 1,
    "SAML v2 Reconcile": 2,
    "Twitter Reconcile": 9,
    "SCIM Group Request Converter": 19,
    "SCIM Group Response Converter": 20,
    "SCIM User Request Converter": 21,
    "SCIM User Response Converter": 22,
}
_LAMBDA_TYPES = {
    "access_token_populate_lambdas_id": 0,
    "id_token_populate_lambdas_id": 0,
    "samlv2_populate_lambdas_id": 3,
    "client_credentials_access_token_populate_lambdas_id": 18,
    "self_service_registration_validation_lambdas_id": 23,
    "userinfo_populate_lambdas_id": 24,
    "login_validation_lambdas_id": 25,
}
_LAMBDAS_EACH = 3
_FIELDS = [
    "user.email",
    "user.password",
    "user.firstName",
    "user.lastName",
    "user.mobilePhone",
    "user.birthDate",
    "registration.username",
    "user.data.size",
    "user.data.newsletter",
    "registration.data.plan",
    "user.preferredLanguages",
    "user.imageUrl",
]
_STOCK_FORMS = {1: "Default Admin Registration", 2: "Default Admin User", 3: "Default User Self Service"}
_OWN_FORMS = {0: 5, 2: 2, 3: 3}  # how many of each type the company has made


def refer(moment: Moment, column: str, index: int) -> str:
    """Return the id that an entity's column names: always one that exists since the installation."""
    if column in _LAMBDA_TYPES:
        return moment.identify("lambda", _LAMBDA_TYPES[column], index % _LAMBDAS_EACH)
    if column == "self_service_user_forms_id":
        return moment.identify("form", 3, index % _OWN_FORMS[3])
    if column == "ui_ip_access_control_lists_id":
        return moment.identify("list", 0)
    if column == "phone_configuration_messengers_id":
        return moment.identify("messenger", 2, 0)
    if column.startswith("phone_configuration_") or column == "multi_factor_sms_message_templates_id":
        return moment.identify("message template", (index + len(column)) % len(_MESSAGES))
    return moment.identify("email template", (index + len(column)) % len(_LETTERS))


def refer_theme(moment: Moment, option: str, index: int) -> str | None:
    """Return the theme that an option of the theme feature stands for, or nothing."""
    if option == "stock simple":
        return STOCK_SIMPLE_THEME
    return moment.identify("theme", option.partition(":")[2], index % 3) if option else None


def refer_form(moment: Moment, kind: int, index: int | None = None) -> str:
    """Return one of the company's own forms of a type, or without an index the stock form."""
    return moment.identify("form", kind, "stock" if index is None else index % _OWN_FORMS[kind])


def stamp(created: int, updated: int = 0) -> dict[str, int]:
    """Return the two instants that most tables have."""
    return {"insert_instant": created, "last_update_instant": max(created, updated)}


def later(moment: Moment, share: float) -> int:
    """Return the instant at a share of the time between the founding and the settled day."""
    return moment.founded + int((moment.settled - moment.founded) * share)


def rows(moment: Moment) -> Iterator[tuple[str, Iterable[Row]]]:
    """Return all tables of this module with their rows."""
    yield "email_templates", email_templates(moment)
    yield "message_templates", message_templates(moment)
    yield "lambdas", lambdas(moment)
    yield "themes", themes(moment)
    yield "forms", forms(moment)
    yield "form_fields", form_fields(moment)
    yield "form_steps", form_steps(moment)


def email_templates(moment: Moment) -> Iterator[Row]:
    """Return the e-mail templates."""
    for index, name in enumerate(_LETTERS):
        yield {
            "id": moment.identify("email template", index),
            "name": f"Ferrowick {name}",
            "default_from_name": "Ferrowick Accounts",
            "from_email": f"accounts@{names.DOMAIN}",
            "default_subject": f"Ferrowick: {name.lower()}",
            "default_html_template": f"<p>Ferrowick, ${{user.firstName}}: <b>{name}</b></p>",
            "default_text_template": f"Ferrowick, ${{user.firstName}}: {name}",
            "localized_from_names": "{}",
            "localized_html_templates": compact({"de": f"<p>Ferrowick grüßt: {name}</p>"}),
            "localized_subjects": compact({"de": f"Ferrowick: {name}"}),
            "localized_text_templates": compact({"de": f"Ferrowick grüßt: {name}"}),
            **stamp(moment.founded),
        }


def message_templates(moment: Moment) -> Iterator[Row]:
    """Return the text message templates."""
    for index, name in enumerate(_MESSAGES):
        yield {
            "id": moment.identify("message template", index),
            "name": f"Ferrowick {name}",
            "data": compact({"defaultTemplate": f"Ferrowick {name}: ${{code}}", "localizedTemplates": {}}),
            "type": 0,
            **stamp(moment.founded),
        }


def lambdas(moment: Moment) -> Iterator[Row]:
    """Return the lambdas: those that every installation has, and the company's own."""
    own = {
        (kind, number): (f"Ferrowick type {kind} v{number + 1}", moment.identify("lambda", kind, number))
        for kind in sorted({*_LAMBDA_TYPES.values(), 1, 2, 5, 7})
        for number in range(_LAMBDAS_EACH)
    }
    stock = {
        (kind, -1): (f"[FusionAuth Default] {name}", moment.identify("lambda", kind, "stock"))
        for name, kind in _DEFAULT_LAMBDAS.items()
    }
    for (kind, _), (name, id_) in {**stock, **own}.items():
        yield {
            "id": id_,
            "name": name,
            "body": f"function run(a, b) {{ return fetch('https://{names.host('hook')}/{kind}', {{headers: "
            f"{{'X-Key': '{names.secret(moment.seed, 'lambda', name)}'}}}}); }}",
            "debug": kind == 0,
            "engine_type": "GraalJS",
            "type": kind,
            **stamp(moment.founded),
        }


def themes(moment: Moment) -> Iterator[Row]:
    """Return the themes: two stock ones, advanced ones (half of them without a type), simple ones."""
    yield {"id": STOCK_THEME, "name": "FusionAuth", "data": "{}", **stamp(moment.founded)}
    yield {
        "id": STOCK_SIMPLE_THEME,
        "name": "FusionAuth - Simple",
        "data": '{"type":"simple"}',
        **stamp(moment.founded),
    }
    for kind in ("advanced", "simple"):
        for number in range(3):
            data = {"stylesheet": f"body {{ --brand: '{names.host('cdn')}' }}", "data": {"type": "simple"}}
            if kind == "simple" or number % 2:
                data["type"] = kind
            yield {
                "id": moment.identify("theme", kind, number),
                "name": f"Ferrowick {kind} {number + 1}",
                "data": compact(data),
                **stamp(moment.founded),
            }


def forms(moment: Moment) -> Iterator[Row]:
    """Return the forms; of each type the stock one is the oldest."""
    for kind, name in _STOCK_FORMS.items():
        yield {
            "id": refer_form(moment, kind),
            "name": f"{name} provided by FusionAuth",
            "type": kind,
            **stamp(moment.founded),
        }
    for kind, many in _OWN_FORMS.items():
        for number in range(many):
            yield {
                "id": refer_form(moment, kind, number),
                "name": f"Ferrowick form {kind}-{number + 1}",
                "data": "{}",
                "type": kind,
                **stamp(moment.founded + 60_000 * (1 + kind + number)),
            }


def form_fields(moment: Moment) -> Iterator[Row]:
    """Return the fields that forms are made of."""
    for index, key in enumerate(_FIELDS):
        yield {
            "id": moment.identify("field", index),
            "name": f"Ferrowick {key}",
            "data": compact({"key": key, "control": "text", "required": index < 2, "data": {"enabled": "true"}}),
            **stamp(moment.founded),
        }


def form_steps(moment: Moment) -> Iterator[Row]:
    """Return which fields stand on which step of a form."""
    for form in forms(moment):
        start = int(8 * unit(moment.seed, form["id"], "fields"))
        for place in range(4):
            yield {
                "forms_id": form["id"],
                "form_fields_id": moment.identify("field", start + place),
                "sequence": place % 2,
                "step": place // 2,
            }
