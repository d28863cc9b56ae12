"""A shell command taken apart: what ran, in which order, reading and writing what."""

from reroute.tag.features.shell.parse import parse
from reroute.tag.features.shell.script import Part, Redirect, Script

__all__ = ["Part", "Redirect", "Script", "parse"]
