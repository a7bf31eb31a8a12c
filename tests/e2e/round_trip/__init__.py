"""What a tool that keeps a plan of its resources does with each noun: a row a member, and what is read for it."""

from dataclasses import dataclass, field
from typing import Any, Callable

ABSENT = "no such member"


@dataclass(frozen=True)
class Row:
    """One member: as it is created, as it is updated, and as it is taken away again."""

    first: Any
    """What it is created with, and first updated to."""
    second: Any = ABSENT
    """What it is then updated to; absent where only creation takes it."""
    default: Any = ABSENT
    """What is read when nobody said anything."""
    cleared_by: Any = ABSENT
    """What an update says to take it away; absent where that cannot be said."""
    cleared: Any = ABSENT
    """What is read then."""
    shown: Callable = staticmethod(lambda written: written)
    """How what was written is read."""
    read: str = ""
    """The member that shows it, where that has another name."""
    alone: bool = False
    """Whether AWS refuses it beside some other member of the table."""
    needs: dict = field(default_factory=dict)
    """What else a resource with this member must be created with."""


@dataclass(frozen=True)
class Noun:
    """One kind of resource, by boto3's calls."""

    create: Callable
    """`(client, place, members)` makes one and waits until it is settled."""
    read: Callable
    """`(client, place)` gives what is told of it."""
    update: Callable
    """`(client, place, members)` changes it and waits; gives the update's own reply."""
    delete: Callable
    """`(client, place)` ends it."""
    base: dict
    """What every one is created with: the required members, by what no row changes."""
    rows: dict
    """Member to row."""
    refused: dict = field(default_factory=dict)
    """Members that are refused today, with what is given and a word of the refusal."""
    inputs: tuple = ()
    """The operations whose members the rows must be complete for."""
    aside: tuple = ()
    """Members of those operations that are no property of the resource."""


class Told:
    """Equal to whatever holds: for what the server decides."""

    def __init__(self, what, holds):
        self.what, self.holds = what, holds

    def __eq__(self, other):
        return self.holds(other)

    def __repr__(self):
        return f"<{self.what}>"


TEXT = Told("some text", lambda told: isinstance(told, str) and told != "")
POSITIVE = Told("above zero", lambda told: isinstance(told, int) and told > 0)


def seen(shown, member, row):
    """What a reader sees of one member."""
    return shown.get(row.read or member, ABSENT)
