"""The naive judge: searches and pages."""

from __future__ import annotations

from naive_rules import LIMITS, Row, in_words

Signs = list[tuple[str, bool, str]]


def dead(a: Row, sign: Row) -> bool:
    """Whether a page that was to be read is gone: the source states it, or the page says little else."""
    if a["probe"] or a["gesture"] in ("scroll", "look", "type", "select"):
        return False
    told = a["status"] == "error" or sign["field"] == "http_status"
    return told or (a["observation_chars"] or 0) <= LIMITS["dead_page_chars_max"]


def page_signs(actions: list[Row], index: int) -> Signs:
    """A click after which the page is the one that was shown before."""
    a = actions[index]
    pages = [b for b in actions if b["page"]]
    place = next((at for at, b in enumerate(pages) if b is a), 0)
    if a["gesture"] != "click" or not place:
        return []
    before, after = pages[place - 1], pages[place + 1 :]
    same = before["turn"] != a["turn"] and all(before[key] == a[key] for key in ("page", "observation_hash"))
    filled = bool(after) and after[0]["gesture"] in ("type", "press", "select") and _one_element(a, after[0])
    return [("ui.noeffect", False, "page_unmoved")] if same and not filled else []


def _one_element(a: Row, b: Row) -> bool:
    """Whether the second action names no element, or one of the first's."""
    elements = {t for t in b["targets"] if t.startswith("element:")}
    return not elements or bool(elements & set(a["targets"]))


def comes_back(actions: list[Row], index: int) -> bool:
    """Whether an action returns to a page that its lane has returned to too often of late."""
    returns: list[Row] = []
    seen: set[str] = set()
    last = None
    for b in actions[: index + 1]:
        page = _place(b)
        if page is None:
            continue
        if page in seen and page != last and b["family"] != "search" and page == _place(actions[index]):
            returns.append(b)
        seen.add(page)
        last = page
    count = int(LIMITS["stall_returns"])
    if len(returns) < count or returns[-1] is not actions[index]:
        return False
    return actions[index]["action"] - returns[-count]["action"] < LIMITS["stall_window"]


def _place(a: Row) -> str | None:
    if a["family"] not in ("browse", "ui", "search"):
        return None
    return a["page"] or next((t for t in a["targets"] if t.startswith("url:")), None)


def search_signs(actions: list[Row], index: int) -> Signs:
    """A query given up for another, and a search in a row of searches away from the task."""
    return _given_up(actions, index) + _astray(actions, index)


def _given_up(actions: list[Row], index: int) -> Signs:
    a = actions[index]
    following = [b for b in actions[index + 1 :] if b["family"] == "search"]
    words = {t for t in a["targets"] if t.startswith("need:")}
    if not in_words(a) or not words or not following or not _unused(a):
        return []
    b = following[0]
    between = [c for c in actions[index + 1 : actions.index(b)] if _busy(c)] + ([] if _busy(b) else [a])
    if between or b["tool"] != a["tool"] or b["persons"] != a["persons"] or b["turn"] == a["turn"]:
        return []
    kept = len(words & {t for t in b["targets"] if t.startswith("need:")})
    return [("search.miss", False, "query_given_up")] if kept <= (1 - LIMITS["requery_change_min"]) * len(words) else []


def _unused(a: Row) -> bool:
    return not a["opened"] and a["echoes"] is not None and a["echoes"] < LIMITS["echo_words_min"]


def _busy(a: Row) -> bool:
    return a["external"] and a["gesture"] not in ("scroll", "look")


def _astray(actions: list[Row], index: int) -> Signs:
    searches = [b for b in actions if in_words(b) and b["persons"] == actions[index]["persons"]]
    row: list[Row] = []
    for b in [*searches, None]:
        if b is not None and _off_course(b):
            row.append(b)
        elif any(c is actions[index] for c in row):
            break
        else:
            row = []
    else:
        return []
    different = len({b["signature"] for b in row})
    return [("search.drift", False, "off_task")] if different >= LIMITS["drift_searches_min"] else []


def _off_course(a: Row) -> bool:
    unanswered = a["answered"] is not None and a["answered"] < LIMITS["echo_words_min"]
    return a["task_words"] == 0 and not a["opened"] and unanswered
