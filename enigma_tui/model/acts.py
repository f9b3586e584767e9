"""What people do to a call: how each act changes it, and the line it leaves in the audit."""

from msgspec.structs import replace

from .call import Call, Deed, DeedKind
from .entry import CalledBack, Claimed, Delivered, DeliveryOutcome, Disposed, Released, Undone

Act = Disposed | Undone | Claimed | Released | Delivered | CalledBack

MOST_DEEDS = 200
"""Lines of an audit that are held; a script gone wild must not fill a board's memory. The
journal has them all."""


def recorded(call: Call, act: Act) -> Call | None:
    """Return the call after an act, or `None` where the act changes nothing.

    An act that is not newer than what is known is a repeat. What refuses acts is the desk's
    script; what stands in the journal has been accepted.
    """
    match act:
        case Disposed():
            return _disposed(call, act)
        case Undone():
            return _undone(call, act)
        case Claimed():
            return _claimed(call, act)
        case Released():
            return _released(call, act)
        case Delivered():
            return _delivered(call, act)
        case CalledBack():
            words = f"on extension {act.extension}" + (f", {act.answer}" if act.answer else "")
            kind = DeedKind.PERHAPS_CALLED_BACK if act.unsure else DeedKind.CALLED_BACK
            return _with(call, Deed(act.id.ms, kind, act.by, words=words, verified=act.verified))


def _disposed(call: Call, act: Disposed) -> Call | None:
    done = act.disposition
    if done.version <= call.version:
        return None
    kind = DeedKind.DISPOSED if call.disposition is None else DeedKind.AMENDED
    words = "; ".join(part for part in (done.reason, done.note) if part)
    deed = Deed(act.id.ms, kind, done.by, done.code, words, done.verified)
    # Whoever claimed the call did so to do this, or was asked about it.
    return _with(replace(call, disposition=done, version=done.version, claim=None), deed)


def _undone(call: Call, act: Undone) -> Call | None:
    if act.version <= call.version:
        return None
    deed = Deed(act.id.ms, DeedKind.UNDONE, act.by, act.code, verified=act.verified)
    return _with(replace(call, disposition=act.restored, version=act.version), deed)


def _claimed(call: Call, act: Claimed) -> Call:
    renewed = call.claim is not None and call.claim.id == act.claim.id
    changed = replace(call, claim=act.claim)
    if renewed:
        return changed
    return _with(changed, Deed(act.id.ms, DeedKind.CLAIMED, act.claim.by, verified=act.verified))


def _released(call: Call, act: Released) -> Call | None:
    if call.claim is None or call.claim.id != act.claim:
        return None
    deed = Deed(act.id.ms, DeedKind.RELEASED, act.by, verified=act.verified)
    return _with(replace(call, claim=None), deed)


def _delivered(call: Call, act: Delivered) -> Call:
    match act.outcome:
        case DeliveryOutcome.DELIVERED:
            kind, words = DeedKind.DELIVERED, act.target
        case DeliveryOutcome.AGAIN:
            kind, words = DeedKind.SENT_AGAIN, act.target
        case _:
            kind = DeedKind.NOT_DELIVERED
            why = act.outcome.replace("_", " ")
            words = f"{act.target}: {why}" + (f", {act.answer}" if act.answer else "")
    return _with(call, Deed(act.id.ms, kind, act.by, act.code, words, act.verified))


def _with(call: Call, deed: Deed) -> Call:
    return replace(call, audit=(*call.audit, deed)[-MOST_DEEDS:])
