"""Grade one agent action against a known recovery: 1 is the reference or as good, 0 is a failure again.

Runs at the provider as a python grader: standard library alone, no network, deterministic. ``item`` is the row;
``reference`` and each of ``acceptable`` and ``forbidden`` is an action: ``{"name": ..., "arguments": <JSON text>}``.

The score is a gate (exactly one call that can be parsed, within the schema where there is one, not a forbidden
action) times the best argument score against the reference or an acceptable action. Arguments count where the right
action differs from the failed one, and what had to stay must still be there: identifiers and short values exactly,
numbers with a tolerance, lists as sets, longer text by its words.
"""

import json
import re

WORD = re.compile(r"[A-Za-z0-9_]+(?:[.:@-][A-Za-z0-9_]+)*|[^\sA-Za-z0-9_]+")
TELLING = re.compile(r"[A-Za-z0-9][._:@-][A-Za-z0-9]|[a-z][A-Z]|[A-Za-z]\d|\d{4}")
TEXT_SLOTS = {"command", "cmd", "query", "q", "code", "content", "text", "patch", "script", "input"}
NEUTRAL_SLOTS = {"timeout", "timeout_ms", "yield_time_ms", "max_output_tokens", "description", "justification"}
TYPES = {
    "string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list, "object": dict,
    "null": type(None),
}  # fmt: skip


def grade(sample: dict, item: dict) -> float:
    """The score of a sample, between 0 and 1."""
    action = parse(calls_of(sample))
    if action is None or not fits_schema(action, item.get("schemas") or {}):
        return 0.0
    failed = [parse([call]) for call in item.get("forbidden") or []]
    failed = [call for call in failed if call is not None]
    if any(same(action, call) for call in failed):
        return 0.0
    right = [parse([call]) for call in [item["reference"], *(item.get("acceptable") or [])]]
    return max(score(action, call, failed) for call in right if call is not None)


def calls_of(sample: dict) -> list:
    """The calls of a sample, as name and arguments."""
    calls = []
    for call in sample.get("output_tools") or []:
        function = call.get("function") if isinstance(call, dict) else None
        calls.append(function if isinstance(function, dict) else {})
    return calls


def parse(calls: list) -> tuple | None:
    """The one action of a reply: its name and arguments; None if there is none, several or none to parse."""
    if len(calls) != 1 or not isinstance(calls[0].get("name"), str):
        return None
    arguments = calls[0].get("arguments")
    try:
        values = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return None
    return (calls[0]["name"], values) if isinstance(values, dict) else None


def fits_schema(action: tuple, schemas: dict) -> bool:
    """Whether the arguments have the slots and types that the tool asks for; a tool without a schema takes all."""
    schema = schemas.get(action[0])
    if not isinstance(schema, dict):
        return not schemas
    slots = schema.get("properties") or {}
    if any(slot not in action[1] for slot in schema.get("required") or []):
        return False
    if schema.get("additionalProperties") is False and any(slot not in slots for slot in action[1]):
        return False
    return all(fits_slot(value, slots.get(slot)) for slot, value in action[1].items())


def fits_slot(value: object, slot: object) -> bool:
    """Whether a value has a slot's type and is one of its allowed values."""
    if not isinstance(slot, dict):
        return True
    if isinstance(slot.get("enum"), list) and value not in slot["enum"]:
        return False
    types = slot.get("type") or []
    types = [types] if isinstance(types, str) else types
    known = [TYPES[name] for name in types if name in TYPES]
    return not known or any(isinstance(value, kind) and (kind is bool or not isinstance(value, bool)) for kind in known)


def score(action: tuple, right: tuple, failed: list) -> float:
    """How well the action's arguments are the right ones: what had to change, times what had to stay."""
    if action[0] != right[0]:
        return 0.0
    given, wanted = without_neutral(action[1]), without_neutral(right[1])
    before = next((without_neutral(call[1]) for call in failed if call[0] == right[0]), {})
    kept = [slot for slot in wanted if slot in before and equal(wanted[slot], before[slot])]
    changed = [slot for slot in {**wanted, **given} if slot not in kept]
    words = [text(call[1]) for call in failed]
    marks = [slot_score(given, wanted, slot, words) for slot in changed]
    total = sum(marks) / len(marks) if marks else 1.0
    for slot in kept:
        total *= kept_score(given, wanted, slot)
    return total


def without_neutral(values: dict) -> dict:
    """The arguments without those that change nothing about what is done."""
    return {slot: value for slot, value in values.items() if slot not in NEUTRAL_SLOTS and value is not None}


def slot_score(values: dict, right: dict, slot: str, failed_texts: list) -> float:
    """The score of one slot that had to change; one that should not be there gets nothing."""
    return match(values[slot], right[slot], slot, failed_texts) if slot in right and slot in values else 0.0


def kept_score(values: dict, right: dict, slot: str) -> float:
    """What is left of the score where a slot had to stay: another identifier makes it nearly another action."""
    likeness = match(values[slot], right[slot], slot, []) if slot in values else 0.0
    return likeness**2 if is_text(right[slot], slot) else max(likeness, 0.25)


def match(value: object, right: object, slot: str, failed_texts: list) -> float:
    """How well a value matches the right one, between 0 and 1."""
    if equal(value, right):
        return 1.0
    if is_number(right) or is_number(value):
        return 1.0 if close(value, right) else 0.0
    if isinstance(right, dict) and isinstance(value, dict):
        slots = {**right, **value}
        return sum(match(value.get(k), right.get(k), k, []) for k in slots) / max(1, len(slots))
    if isinstance(right, list) and isinstance(value, list) and slot not in TEXT_SLOTS:
        return overlap([canonical(v) for v in value], [canonical(v) for v in right])
    return text_score(text(value), text(right), failed_texts) if is_text(right, slot) else 0.0


def text_score(given: str, right: str, failed_texts: list) -> float:
    """Words of a text against the right one's; those that a failed action had already do not count as found."""
    given, right = set(WORD.findall(given)), set(WORD.findall(right))
    before = set()
    for failed in failed_texts:
        before |= set(WORD.findall(failed))
    new, gone = right - before, before - right
    if not given or not right or not (new or gone):
        return 0.0  # only spaces told the right text from the failed one, so nothing but the same text is right
    precision, stayed = weight(given & right) / weight(given), share(given, right & before)
    exact = share(given, {word for word in right if TELLING.search(word)})
    if not new:
        return exact * precision * stayed * (1 - weight(given & gone) / weight(gone))
    found = weight(given & new) / weight(new)
    return exact * stayed * 2 * precision * found / (precision + found) if precision + found else 0.0


def share(given: set, wanted: set) -> float:
    """How much of the wanted words was given; all of it where none was wanted."""
    return weight(given & wanted) / weight(wanted) if wanted else 1.0


def weight(words: set) -> float:
    """What words say together: an identifier or a file's name more than a word, a sign or an option less."""
    return sum(3 if TELLING.search(word) else 1 if len(word) > 2 and word[0].isalnum() else 0.25 for word in words)


def overlap(given: list, right: list) -> float:
    """F1 of two lists as sets."""
    given, right = set(given), set(right)
    return 2 * len(given & right) / (len(given) + len(right)) if given or right else 1.0


def is_text(value: object, slot: str) -> bool:
    """Whether a value is prose, code or a command rather than an identifier or a short choice."""
    if isinstance(value, list):
        return slot in TEXT_SLOTS
    return isinstance(value, str) and (slot in TEXT_SLOTS or "\n" in value or len(value.split()) > 4)


def text(value: object) -> str:
    """A value as one text: the strings in it, in order."""
    if isinstance(value, dict):
        return " ".join(text(value[key]) for key in sorted(value))
    if isinstance(value, list):
        return " ".join(text(part) for part in value)
    return value if isinstance(value, str) else "" if value is None else str(value)


def is_number(value: object) -> bool:
    """Whether a value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def close(value: object, right: object) -> bool:
    """Whether two numbers, one of them maybe written as text, are the same within a thousandth of a percent."""
    try:
        a, b = float(value), float(right)
    except (TypeError, ValueError):
        return False
    return abs(a - b) <= 1e-5 * max(abs(a), abs(b))


def same(action: tuple, other: tuple) -> bool:
    """Whether two actions are the same call."""
    return action[0] == other[0] and equal(action[1], other[1])


def equal(a: object, b: object) -> bool:
    """Whether two values are the same once the order of keys and spaces that do not matter are set aside."""
    return canonical(a) == canonical(b)


def canonical(value: object) -> str:
    """A value as comparable text."""
    return json.dumps(folded(value), sort_keys=True)


def folded(value: object) -> object:
    """A value with its strings folded and whole floats as integers."""
    if isinstance(value, dict):
        return {key: folded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [folded(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return fold(value) if isinstance(value, str) else value


def fold(value: str) -> str:
    """A short value without spaces that do not matter; indented or several lines, as in edits, stay as they are."""
    return value if "\n" in value or value[:1].isspace() else " ".join(value.split())
