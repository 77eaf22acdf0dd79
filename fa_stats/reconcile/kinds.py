"""The kinds of findings: their order, their headings, which of them are grave, and what to do about each."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a finding is about, in the order in which findings are told."""

    SENT_UNDOCUMENTED = "sent_undocumented"
    ASKED_UNDOCUMENTED = "asked_undocumented"
    SENT_WHILE_OFF = "sent_while_off"
    PERHAPS_WHILE_OFF = "perhaps_while_off"
    OFF_IN_CLOUD = "off_in_cloud"
    VALUE_DIFFERS = "value_differs"
    NEVER_COLLECTED = "never_collected"
    NOT_ASKED = "not_asked"
    KEYS_CHANGED = "keys_changed"
    TOO_OFTEN = "too_often"
    RECORDED_FAILED = "recorded_failed"
    RECORDED_UNDOCUMENTED = "recorded_undocumented"
    NO_VALUE = "no_value"
    NOT_COMPARABLE = "not_comparable"
    NOT_SENT = "not_sent"
    NOT_LISTED = "not_listed"
    UNREADABLE = "unreadable"
    PARTLY_UNREADABLE = "partly_unreadable"

    @property
    def heading(self) -> str:
        """The words that a heading has for it."""
        return _TITLES[self]

    @property
    def advice(self) -> str:
        """What to do about it, where a finding has nothing better to say."""
        return _ADVICE[self]

    @property
    def grave(self) -> bool:
        """Whether it is grave, where nothing speaks against that."""
        return self in _GRAVE


_GRAVE = (Kind.SENT_UNDOCUMENTED, Kind.ASKED_UNDOCUMENTED, Kind.SENT_WHILE_OFF)
_TITLES = {
    Kind.SENT_UNDOCUMENTED: "Sent but not documented",
    Kind.ASKED_UNDOCUMENTED: "Asked for but not documented",
    Kind.SENT_WHILE_OFF: "Sent while it was off",
    Kind.PERHAPS_WHILE_OFF: "Perhaps sent while it was off",
    Kind.OFF_IN_CLOUD: "Sent from the cloud with the switch off",
    Kind.VALUE_DIFFERS: "Recorded value differs from ours",
    Kind.NEVER_COLLECTED: "Documented but never collected",
    Kind.NOT_ASKED: "Documented but not asked for",
    Kind.KEYS_CHANGED: "Other names under the same version",
    Kind.TOO_OFTEN: "Collected more than once a day",
    Kind.RECORDED_FAILED: "Failed in FusionAuth",
    Kind.RECORDED_UNDOCUMENTED: "Recorded but not documented",
    Kind.NO_VALUE: "Recorded without a value",
    Kind.NOT_COMPARABLE: "Cannot be compared",
    Kind.NOT_SENT: "Recorded but not sent",
    Kind.NOT_LISTED: "Recorded but not on the list",
    Kind.UNREADABLE: "Record cannot be read",
    Kind.PARTLY_UNREADABLE: "Part of a record cannot be read",
}
_ADVICE = {
    Kind.SENT_UNDOCUMENTED: (
        "Ask the vendor what it is and why the page does not have it; until then, consider to turn the switch off."
    ),
    Kind.ASKED_UNDOCUMENTED: "Ask the vendor what it is and why the page does not have it.",
    Kind.SENT_WHILE_OFF: (
        "Ask the vendor why, with these times; until that is clear, block the host that the page names in the network."
    ),
    Kind.PERHAPS_WHILE_OFF: (
        "Ask who turned the switch, and when: FusionAuth's audit log may tell. A run each day, which finds the switch "
        "as it is, leaves fewer gaps."
    ),
    Kind.OFF_IN_CLOUD: (
        "Nothing is to be asked of the vendor's collecting, which the page announces. The switch keeps fa_stats from "
        "counting here: turn it on where fa_stats is to run."
    ),
    Kind.VALUE_DIFFERS: (
        "`fa-stats catalogue show STAT` has our definition; a difference alone is no fault of either side."
    ),
    Kind.NEVER_COLLECTED: "Nothing has to be done: less is collected than the page says.",
    Kind.NOT_ASKED: "Nothing has to be done: less is asked for than the page says.",
    Kind.KEYS_CHANGED: (
        "Nothing has to be done where a licence or a setting of these days explains it, or the vendor, who by the page "
        "can switch stats off from afar."
    ),
    Kind.TOO_OFTEN: (
        "Look into FusionAuth's own log around these times for restarts, or for nodes that do not know of each other; "
        "else ask the vendor."
    ),
    Kind.RECORDED_FAILED: "Look into FusionAuth's own log around that time.",
    Kind.RECORDED_UNDOCUMENTED: "Ask the vendor what it is; it was counted, and stayed in the house.",
    Kind.NO_VALUE: "Nothing has to be done: FusionAuth leaves out what has no value.",
    Kind.NOT_COMPARABLE: "The reason says what is missing on our side; `fa-stats doctor` helps to mend it.",
    Kind.NOT_SENT: "Nothing has to be done: it was counted, and stayed in the house.",
    Kind.NOT_LISTED: "Nothing has to be done where the list changed since; else ask the vendor why it was collected.",
    Kind.UNREADABLE: "Look at that row of usage_stats in the database; what it holds could not be checked.",
    Kind.PARTLY_UNREADABLE: (
        "The figures were compared all the same. Look at that part of the record yourself: a name that stands there "
        "alone was not looked for."
    ),
}
NEW_NAMES = (
    "Ask the vendor: by the page, new stats come with new features and a new version of FusionAuth, and the release "
    "notes tell of them."
)


def newer(advice: str, page_version: str) -> str:
    """Return the advice on names of a version that is newer than the page at hand."""
    return (
        f"First look at the page as it is today, and at the release notes since {page_version}: the page that fa_stats "
        f"knows is older than this FusionAuth. Where neither has them: {advice[0].lower()}{advice[1:]}"
    )
