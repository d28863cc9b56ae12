"""What is computed once per part from its steps: actions with targets, signatures and signals, and notes.

``build`` is pure and deterministic: steps in, two Arrow tables out. The rules that decide anything lie in ``sql/``.
"""

from reroute.tag.features.build import COLUMNS, Features, build
from reroute.tag.features.version import code_hash

__all__ = ["COLUMNS", "Features", "build", "code_hash"]
