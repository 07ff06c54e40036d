"""The cases of tests/data/reports.json: messages as people send them, and what becomes of their events. The head of
tests/unit/audit/reports.h says what a case holds."""
import base64
import json
from collections import namedtuple
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "data/reports.json"
RECORD_MS = 1795320676091  # where a case does not say another

# VALUE and KEY: bytes or None; HEADERS: (bytes, bytes or None) in their order.
Case = namedtuple("Case", "group what settings value key headers topic record_ms wants")


def cases():
    return [case_of(group, case) for group, some in json.loads(FILE.read_text()).items() for case in some]


def case_of(group, case):
    headers = [(name.encode(), None if value is None else value.encode()) for name, value in case.get("headers", [])]
    return Case(group, case["what"], case.get("settings", {}), given(case, "text", "base64"),
                given(case, "key", "key64"), headers, case.get("topic", "events"), case.get("record_ms", RECORD_MS),
                case["wants"])


def given(case, plain, coded):
    if coded in case:
        return base64.b64decode(case[coded])
    text = case.get(plain)
    return None if text is None else text.encode()


def by_settings(some):
    """[(settings, cases)]: what one worker can read."""
    found = {}
    for case in some:
        found.setdefault(tuple(sorted(case.settings.items())), []).append(case)
    return [(dict(settings), group) for settings, group in found.items()]
