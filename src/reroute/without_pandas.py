"""Processes that only decode or tag start without pandas.

Great Expectations needs pandas, so it is installed. pyarrow imports what is installed as soon as a dataset is
opened or an array is made, which takes as long as decoding 10 MB of traces. Nothing in such a process uses it.
"""

from __future__ import annotations

import sys


def refuse_pandas() -> None:
    """From here on this process has no pandas, and pyarrow goes without. Call it before pyarrow is first used."""
    sys.meta_path.insert(0, _Refusing())


class _Refusing:
    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Refuse pandas, leave anything else to the other finders."""
        if name == "pandas":
            raise ModuleNotFoundError("This process needs no pandas.", name=name)
