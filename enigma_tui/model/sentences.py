"""What happens, in sentences for people who listen.

A screen reader reads a line as it stands: so there are no marks, no abbreviations of units, and
what a board says by a colour or a sign is said in a word. Each sentence is whole by itself.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from .alerts import Alarm
from .call import Call, CallState, DeedKind
from .entry import (
    CalledBack,
    Claimed,
    Cut,
    Delivered,
    DeliveryOutcome,
    Disposed,
    Event,
    Notified,
    Released,
    Undone,
)
from .metrics import Figures, ServiceLevel
from .notification import CallConnected, CallEnded, Direction, Rejected
from .subject import Lens
from .windows import Window

_CALLS = {
    Direction.INBOUND: "Call",
    Direction.OUTBOUND: "Outbound call",
    Direction.DIALLER: "Dialler's call",
}

WINDOWS = {
    Window.MINUTE: "last minute",
    Window.FIVE_MINUTES: "last 5 minutes",
    Window.HALF_AN_HOUR: "last 30 minutes",
    Window.HOUR: "last hour",
    Window.TODAY: "day so far",
}


class Voice(Struct, frozen=True):
    """What is the same for all sentences."""

    warning: float = 60.0
    """Seconds on hold from which a call is said to have been held long."""
    critical: float = 120.0
    """The same, for very long."""
    several_sources: bool = False
    """Whether it is said which PBX a call is of."""


def spoken(seconds: float) -> str:
    """Write how long something took, in the two largest units that there are."""
    whole = max(0, int(seconds))
    minutes, secs = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (secs, "second")]
    first = next((place for place, (count, _) in enumerate(parts) if count), 2)
    said = [counted(count, unit) for count, unit in parts[first : first + 2] if count]
    return " ".join(said) or "0 seconds"


def counted(count: int, thing: str) -> str:
    """Write how many of something there are."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def code(name: str) -> str:
    """Write a disposition code as words."""
    return name.replace("_", " ").replace(".", ", ")


# ── calls ───────────────────────────────────────────────────────────────────────────────────


def of_event(event: Event, call: Call, lens: Lens, voice: Voice) -> str:
    """Return what an entry tells of a call that it changed; empty where that is no news."""
    named = _named(call, voice)
    match event:
        case Notified(what=CallConnected()):
            return _of_connection(event, call, lens, voice)
        case Notified(what=CallEnded() as told):
            return _of_record(event, call, told, lens, voice)
        case Claimed():
            claims = [deed.at_ms for deed in call.audit if deed.kind is DeedKind.CLAIMED]
            if not claims or claims[-1] != event.id.ms:
                return ""  # a renewal is no news
            return f"{named} claimed by {event.claim.by}, {_extension(call)}."
        case Released():
            return f"{named} released by {event.by}."
        case Disposed(disposition=done):
            verb = "amended to" if done.reason else "disposed of as"
            words = [f"{named} {verb} {code(done.code)} by {done.by}, {_extension(call)}"]
            words += [f"reason: {done.reason}"] if done.reason else []
            words += [f"note: {done.note}"] if done.note else []
            if done.callback_ms is not None:
                words.append(f"call back on {_day(done.callback_ms)}")
            return ", ".join(words) + "."
        case Undone():
            stands = f", {code(event.restored.code)} stands again" if event.restored else ""
            return f"{named}: the outcome {code(event.code)} taken back by {event.by}{stands}."
        case CalledBack():
            if event.unsure:
                return f"{named}: {event.by} may have had the caller called back: {event.answer}."
            answer = f", the PBX said: {event.answer}" if event.answer else ""
            return f"{named}: {event.by} had the caller called back{answer}."
        case Delivered():
            return _of_delivery(event, named)
        case _:
            return ""


def of_time(call: Call, lens: Lens, voice: Voice) -> str:
    """Return what a call has become by the mere passing of time."""
    state, named = call.state(lens.now_ms, lens.policy), _named(call, voice)
    waited = spoken(lens.policy.wait_ms(call) / 1000)
    if state is CallState.GHOST:
        return f"{named} is a ghost: it is live, and no end has come for {waited}."
    if state is CallState.ENDED and call.end is None:
        return f"{named} ended, assumed: nothing has been heard of it for {waited}."
    return ""


def of_call_back(call: Call, lens: Lens, voice: Voice) -> str:
    """Return that a caller is to be called back now."""
    done = call.disposition
    by = f", as {done.by} noted" if done is not None else ""
    return f"A call-back is due: {_named(call, voice)}, {_caller(call, lens)}{by}."


def of_no_call(event: Event) -> str:
    """Return what an entry tells that is of no call; empty where that is no news."""
    match event:
        case Notified(what=Rejected() as told):
            return f"A notification could not be read: {told.reason}."
        case Cut():
            return f"The journal was full: its {event.count:,} oldest entries have been cut."
        case _:
            return ""


def _named(call: Call, voice: Voice) -> str:
    source = f" of {call.key.source}" if voice.several_sources else ""
    return f"{_CALLS[call.direction]} {call.key.call_ref}{source}"


def _extension(call: Call) -> str:
    return f"extension {call.extension}" if call.extension else "no extension"


_HIDDEN = re.compile(r"[ ()-]*•[• ()-]*")


def _caller(call: Call, lens: Lens) -> str:
    """Name the caller; hidden digits are said to be hidden, and not dot by dot."""
    shown = _HIDDEN.sub(" hidden ", lens.dialplan.caller(call.caller)).strip()
    return f"caller {shown}" if shown else "caller unknown"


def _facts(call: Call, lens: Lens) -> Iterator[str]:
    yield _caller(call, lens)
    if call.dialled:
        number = lens.dialplan.international(call.dialled)
        yield f"dialled {lens.label(call.dialled) or number}"
    if call.contact_ref:
        yield f"contact reference {call.contact_ref}"


def _long(hold: float, voice: Voice) -> str:
    return ", very long" if hold >= voice.critical else ", long" if hold >= voice.warning else ""


def _of_connection(event: Notified, call: Call, lens: Lens, voice: Voice) -> str:
    named = _named(call, voice)
    late = ", collected late, so it was earlier" if event.late else ""
    if not call.legs or call.legs[-1].entry != event.id:
        return _of_previous(call, named)
    if len(call.legs) > 1:
        before = call.legs[-2].extension or "an unknown one"
        return f"{named} transferred from extension {before} to {_extension(call)}{late}."
    facts = [*_facts(call, lens)]
    if call.hold is not None:
        held = f"held {spoken(call.hold)}{_long(call.hold, voice)}"
        facts.insert(2 if call.dialled else 1, held)
    over = ", which is over already" if call.end is not None else ""
    return f"{named} connected to {_extension(call)}{over}: {', '.join(facts)}{late}."


def _of_previous(call: Call, named: str) -> str:
    """Return what became of a call whose extension, or reference, another one has now."""
    if call.superseded:
        over = ", and nobody has recorded its outcome" if call.disposition is None else ""
        return f"{named} replaced: its reference is in use for another call{over}."
    if call.end is not None and call.end.assumed:
        return f"{named} ended, assumed: its {_extension(call)} has another call."
    return ""


def _of_record(event: Notified, call: Call, told: CallEnded, lens: Lens, voice: Voice) -> str:
    named, end = _named(call, voice), call.end
    late = ", collected late, so it was earlier" if event.late else ""
    if call.superseded:
        return _of_previous(call, named)
    if end is None or end.entry != event.id:
        talked = f", talked {spoken(told.talk)}" if told.talk is not None else ""
        whose = f"extension {told.extension}" if told.extension else "an extension"
        return f"{named}: {whose} is done with it{talked}{late}."
    if end.abandoned:
        after = ", nobody told after how long"
        if call.hold is not None:
            after = f" after {spoken(call.hold)} on hold{_long(call.hold, voice)}"
        return f"{named} abandoned{after}: {', '.join(_facts(call, lens))}{late}."
    words = [f"{named} ended, {_extension(call)}"]
    talk = call.talk_seconds(event.id.ms)
    words += [f"talked {spoken(talk)}"] if talk is not None else []
    words += [f"reason {end.reason.replace('_', ' ')}"] if end.reason else []
    return ", ".join(words) + late + "."


def _of_delivery(event: Delivered, named: str) -> str:
    if event.outcome is DeliveryOutcome.DELIVERED:
        return ""  # as it should be
    if event.outcome is DeliveryOutcome.AGAIN:
        return f"{named}: {event.by} has {code(event.code)} sent to {event.target} again."
    why = event.outcome.replace("_", " ") + (f", {event.answer}" if event.answer else "")
    return f"{named}: {code(event.code)} was not delivered to {event.target}: {why}."


def _day(ms: int) -> str:
    at = datetime.fromtimestamp(ms / 1000).astimezone()
    return f"{at.day} {at:%B at %H:%M}"


# ── what is asked for, or configured ────────────────────────────────────────────────────────


_SHORT = (
    (re.compile(r"^asa "), "average speed of answer "),
    (re.compile(r"^p90 "), "90th percentile "),
    (re.compile(r"(?<= 1) s\b"), " second"),
    (re.compile(r"(?<=\d) s\b"), " seconds"),
    (re.compile(r"(?<= 1) min\b"), " minute"),
    (re.compile(r"(?<=\d) min\b"), " minutes"),
)


def of_alarm(alarm: Alarm) -> str:
    """Return what was alerted."""
    words = alarm.words.replace(", ext ", ", extension ").replace("%", " percent")
    if alarm.key is None:
        for short, long in _SHORT:
            words = short.sub(long, words)
    return f"Alert, {alarm.rule}: {words}."


def of_floor(live: int, to_dispose: int) -> str:
    """Return how many calls there are now."""
    return f"{counted(live, 'call')} live, {to_dispose:,} to dispose of"


def of_figures(figures: Figures, window: Window, level: ServiceLevel) -> str:
    """Return the figures of a window; what is not known is not said."""
    words = []
    if figures.abandoned is not None:
        words.append(f"{figures.offered:,} offered")
    words.append(f"{figures.answered:,} answered")
    if figures.abandoned is not None:
        words.append(f"{figures.abandoned:,} abandoned")
    if figures.service_level is not None:
        percent = f"{figures.service_level * 100:.0f} percent"
        words.append(f"service level {percent} within {spoken(level.seconds)}")
    if figures.asa is not None:
        words.append(f"average speed of answer {spoken(figures.asa)}")
    if figures.longest_hold is not None:
        words.append(f"longest hold {spoken(figures.longest_hold)}")
    if figures.talk is not None:
        words.append(f"average talk {spoken(figures.talk)}")
    if figures.late:
        words.append(f"without {figures.late:,} that were collected late")
    return f"Figures of the {WINDOWS[window]}: {', '.join(words)}"
