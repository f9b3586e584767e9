"""How delivery to a target goes, for whoever shows it."""

import re
from dataclasses import dataclass

from ...model.text import safe
from ...targets import ListTarget
from ..faults import Fault
from .secrets import SecretMissing

WARN_SHARE = 0.1
"""From this share of its cap on a list is told to be read slowly."""


@dataclass(slots=True)
class DeliveryStatus:
    """What this program does about one target."""

    target: str
    holding: bool = False
    """Whether this program is the one that delivers to it."""
    delivered: int = 0
    """Outcomes delivered by it since it started."""
    waiting: int = 0
    """Outcomes that the target has not been told yet, as long as `holding`."""
    fault: Fault | None = None


class DeliveryFault(Fault, frozen=True):
    """What is wrong with delivery to one target, and not with the journal's server."""

    why: str = ""
    """Why nothing is delivered, in a few words that everybody may read; empty where it goes on
    all the same. Other systems' words have no place in it: they may repeat what they were sent."""


def why_still(fault: Fault | None) -> str:
    """Return in a few words why nothing is delivered, or an empty string."""
    if fault is None:
        return ""
    return fault.why if isinstance(fault, DeliveryFault) else fault.name


def full(target: ListTarget, length: int) -> Fault:
    """The list takes no more."""
    return DeliveryFault(
        "list full",
        f"delivery to {target.name} waits: {safe(target.key)} holds {length:,}, its cap is "
        f"{target.cap:,}, and nobody reads it",
        "Look at what should read that list. What has waited for max_age_minutes is listed then, "
        "and sent when asked.",
        why=f"list is full ({length:,})",
    )


def soon_full(target: ListTarget, length: int) -> Fault | None:
    """Nobody seems to read the list; `None` where it is short."""
    if length < max(1, target.cap * WARN_SHARE):
        return None
    return DeliveryFault(
        "list not read",
        f"{safe(target.key)} holds {length:,} of the {target.cap:,} outcomes at which delivery to "
        f"{target.name} will wait",
        "Look at what should read that list.",
    )


def failing(target: str, answer: str) -> Fault:
    """The target does not take what it is sent."""
    status = re.match(r"\d{3}\b", answer)
    return DeliveryFault(
        "delivery fails",
        f"{target} does not take outcomes: {answer}",
        "Look whether its receiver runs, at the address in `enigma-tui site show`. It is tried "
        "again; `enigma-tui deliveries` lists what was given up.",
        why=f"it answers {status[0]}" if status else answer,
    )


def lacking(target: str, lack: SecretMissing) -> Fault:
    """This program does not have the secrets that it would need."""
    return DeliveryFault(
        "secret missing",
        f"this program cannot deliver to {target}: {lack}",
        "Give the program that is to deliver what it lacks, in its delivery_secrets and "
        "delivery_hosts, and start it again.",
        passing=False,
        why=lack.why,
    )


def other_slot(target: ListTarget, journal: str) -> Fault:
    """In a cluster a list elsewhere cannot be written together with the journal."""
    slot = journal.partition(":")[0]
    return DeliveryFault(
        "list elsewhere",
        f"in a cluster the list of {target.name}, {safe(target.key)}, must be in the journal's "
        "slot",
        f"Name it so that it begins with {slot}, as in {slot}:outcomes: `enigma-tui site edit`.",
        passing=False,
        why="list in another slot",
    )


def mistaken(target: str, name: str) -> Fault:
    """The program itself is wrong."""
    return Fault(
        "mistake in this program",
        f"delivery to {target} ended by a mistake in this program, {name}",
        "It is begun again; the log says where.",
    )
