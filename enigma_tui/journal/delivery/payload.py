"""What other systems are sent: the outcome of a call, in the PBX's own envelope."""

import json
from dataclasses import dataclass

from ...model.delivery import Outgoing
from ...model.disposition import CodeTree
from ...model.entry import Notified, decode
from ...model.notification import CallConnected, CallEnded
from ..stream import Journal


@dataclass(frozen=True, slots=True)
class Facts:
    """What the notification that opened a call tells of it; empty where it has been trimmed."""

    caller: str = ""
    dialled: str = ""
    contact_ref: str = ""
    extension: str = ""
    """Who took the call first."""


async def facts_of(journal: Journal, owed: Outgoing) -> Facts:
    """Read what is known of a call from the entry that its key names."""
    fields = await journal.fields(owed.key.since)
    event = decode(owed.key.since, fields) if fields else None
    match event:
        case Notified(what=CallConnected() | CallEnded() as told):
            return Facts(told.caller, told.dialled, told.contact_ref, told.extension)
        case _:
            return Facts()


def envelope(owed: Outgoing, facts: Facts, codes: CodeTree) -> bytes:
    """Return an outcome as JSON: `{"type": "disposition", "payload": {…}}`.

    The names are those of the inbound notification (PROTOCOL.md §1) where it has them; times are
    Unix seconds. The same outcome gives the same bytes, however often it is sent.
    """
    done, key = owed.disposition, owed.key
    code = codes.find(done.code)
    payload = {
        "call_ref": key.call_ref,
        "contact_ref": facts.contact_ref,
        "ref": facts.extension,
        "number": facts.caller,
        "dial_number": facts.dialled,
        "call_dir": str(key.feed),
        "disposition": done.code,
        "label": code.label if code else "",
        "note": done.note,
        "callback": None if done.callback_ms is None else done.callback_ms / 1000,
        "by": done.by,
        "verified": done.verified,
        "at": done.at_ms / 1000,
        "source": key.source,
        "version": done.version,
        "act": done.act,
    }
    return json.dumps({"type": "disposition", "payload": payload}, ensure_ascii=False).encode()
