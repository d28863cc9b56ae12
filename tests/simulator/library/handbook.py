"""The handbook's tools: a search that ranks by terms in common, pages, and the list of titles."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.library.corpus import Document, corpus
from simulator.tape import Observation

_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "at",
        "be",
        "by",
        "do",
        "for",
        "from",
        "have",
        "i",
        "in",
        "is",
        "it",
        "may",
        "my",
        "of",
        "on",
        "or",
        "the",
        "to",
        "we",
        "what",
        "when",
        "with",
    ]
)
_K, _B = 1.4, 0.6  # the usual constants of BM25
_SHOWN = 3


@dataclass
class Handbook:
    """Answers calls. ``outages`` requests fail before all is well again."""

    prefix: str = ""
    outages: int = 0
    pages: dict[str, Document] = field(default_factory=lambda: {page.id: page for page in corpus()})

    def __post_init__(self) -> None:
        self._words = {
            page.id: Counter(terms(f"{page.title} {page.title} {page.text}")) for page in self.pages.values()
        }
        self._mean = sum(words.total() for words in self._words.values()) / len(self._words)

    def call(self, tool: str, arguments: Mapping[str, object]) -> Observation:
        """Search, open or list."""
        name = tool.removeprefix(self.prefix)
        if self.outages > 0:
            self.outages -= 1
            return self._error("504 gateway timeout: the search backend did not answer", seconds=10.0)
        if name == "search_handbook" and "query" in arguments:
            return self._ok(self._search(str(arguments["query"]), int(str(arguments.get("page", 1)))))
        if name == "read_document" and "document_id" in arguments:
            return self._read(str(arguments["document_id"]))
        if name == "list_titles":
            return self._ok("\n".join(f"{page.id} {page.title}" for page in self.pages.values()))
        wanted = {"search_handbook": "query", "read_document": "document_id"}.get(name)
        return self._error(
            f"invalid arguments for {name}: missing required argument '{wanted}'"
            if wanted
            else f"unknown tool `{name}`"
        )

    def found(self, query: str) -> list[Document]:
        """The pages with a term in common, best first."""
        scores = {page_id: self._score(terms(query), page_id) for page_id in self.pages}
        ranked = sorted((page_id for page_id, score in scores.items() if score > 0), key=lambda i: (-scores[i], i))
        return [self.pages[page_id] for page_id in ranked]

    def _search(self, query: str, page: int) -> str:
        hits = self.found(query)[(page - 1) * _SHOWN : page * _SHOWN]
        if not hits and page == 1:
            return f'No results found for "{query}".'
        rows = [{"document_id": hit.id, "title": hit.title, "snippet": hit.text[:60]} for hit in hits]
        return json.dumps({"query": query, "total": len(self.found(query)), "page": page, "results": rows})

    def _score(self, query: list[str], page_id: str) -> float:
        words = self._words[page_id]
        score = 0.0
        for term in query:
            holding = sum(1 for other in self._words.values() if term in other)
            rarity = math.log(1 + (len(self._words) - holding + 0.5) / (holding + 0.5))
            length = _K * (1 - _B + _B * words.total() / self._mean)
            score += rarity * words[term] * (_K + 1) / (words[term] + length)
        return score

    def _read(self, page_id: str) -> Observation:
        page = self.pages.get(page_id)
        if page is None:
            return self._error(f"document {page_id} not found")
        return self._ok(json.dumps({"document_id": page.id, "title": page.title, "text": page.text}))

    def _ok(self, text: str) -> Observation:
        return Observation(text, "ok" if self.prefix else "unknown", seconds=0.6, failed=text.startswith("No results"))

    def _error(self, text: str, seconds: float = 0.4) -> Observation:
        return Observation(f"Error: {text}", "error" if self.prefix else "unknown", seconds=seconds, failed=True)


def terms(text: str) -> list[str]:
    """Words in lower case without those that are everywhere."""
    return [word for word in _WORD.findall(text.lower()) if word not in _STOP]
