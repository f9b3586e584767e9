"""`enigma-tui phone`: an extension's phone without the board."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from .. import phoning
from ..model.phone import Dialplan
from ..model.text import safe
from ..settings import Loaded
from . import common

if TYPE_CHECKING:
    from ..phone.phone import Phone, Told

ORDERS = ("answer", "hang up", "mute", "hold", "quit")
"""What can be said to it, a line each."""


@click.command("phone")
@click.option("--auto-answer", is_flag=True, help="Answer whatever rings.")
@click.option(
    "--microphone",
    metavar="NAME",
    help="A device, or silence, tone:440, echo, file:/path.wav.",
)
@click.option("--speaker", metavar="NAME", help="A device, or none, file:/path.wav.")
@click.option("--devices", is_flag=True, help="List the devices, and end.")
@click.pass_context
def command(
    ctx: click.Context,
    auto_answer: bool,
    microphone: str | None,
    speaker: str | None,
    devices: bool,
) -> None:
    """Register your extension, take its calls, and print what happens as JSON lines.

    \b
      enigma-tui phone
      enigma-tui phone --auto-answer --microphone tone:440 --speaker file:/tmp/heard.wav
      enigma-tui phone --devices

    It is the phone that phone_url in your settings makes of the board. Written to its input, a
    line each, are answer, hang up, mute, hold, quit.
    """
    loaded = common.settings(ctx, phone_microphone=microphone, phone_speaker=speaker)
    common.refuse_read_only(loaded, "a phone takes calls")
    common.check_phone(loaded)
    if not phoning.is_installed():
        common.fail(phoning.MISSING)
    common.log_to_file()
    if devices:
        _list_devices()
        return
    if not loaded.settings.phone_url:
        common.fail(
            "phone_url is not set: where is the PBX's WebSocket? As in ws://pbx.example:8088/ws",
            common.WRONG,
        )
    for line in phoning.warnings(loaded.settings.extension, os.environ):
        common.say(line)
    sys.exit(asyncio.run(_run(loaded, auto_answer=auto_answer)))


def _list_devices() -> None:
    from ..phone.media import list_devices

    found = asyncio.run(list_devices())
    if found.missing:
        common.fail(found.missing)
    for kind, names, usual in (
        ("microphone", found.microphones, found.microphone),
        ("speaker", found.speakers, found.speaker),
    ):
        for name in names:
            common.out(f"{kind:<10}  {safe(name)}{'  (the usual one)' if name == usual else ''}")


async def _run(loaded: Loaded, *, auto_answer: bool) -> int:
    from ..phone.events import NotRegistered
    from ..phone.phone import Phone, Stage

    settings = loaded.settings
    dialplan = Dialplan(settings.region, masked=settings.mask)
    stop = asyncio.Event()
    code = 0

    def told(event: "Told") -> None:
        nonlocal code
        if (line := as_json(event, dialplan)) is not None:
            try:
                common.out(json.dumps(line))
            except common.Unwritable:
                stop.set()
        if isinstance(event, NotRegistered) and not event.again:
            code = 1
            stop.set()
        if auto_answer and phone.talk is not None and phone.talk.stage is Stage.RINGING:
            phone.answer()

    phone = Phone(
        phoning.account(settings),
        phoning.sound(settings),
        agent=phoning.AGENT,
        told=told,
        backoff=phoning.backoff(),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    running = asyncio.create_task(phone.run())
    listening = asyncio.create_task(_listen(phone, stop))
    ended = asyncio.create_task(stop.wait())
    await asyncio.wait((running, ended), return_when=asyncio.FIRST_COMPLETED)
    for task in (listening, running, ended):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return code


async def _listen(phone: "Phone", stop: asyncio.Event) -> None:
    """Do what is written to the input, a line each, for as long as there are any."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    try:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    except (OSError, ValueError):
        return  # a file, or none at all: nobody is there to say anything
    while line := await reader.readline():
        match " ".join(line.decode("utf-8", "replace").split()):
            case "answer":
                phone.answer()
            case "hang up":
                phone.hang_up()
            case "mute":
                phone.mute()
            case "hold":
                phone.hold()
            case "quit":
                stop.set()
            case "":
                pass
            case other:
                common.say(f"there is no {safe(other)[:40]!r}; there are {', '.join(ORDERS)}")


def as_json(event: "Told", dialplan: Dialplan) -> dict[str, Any] | None:
    """Return what happened for a script; `None` for what only a screen wants to know."""
    from ..phone import events, media, phone

    match event:
        case phone.LinkUp():
            return {"event": "connected"}
        case phone.LinkDown(why):
            return {"event": "lost", "why": why}
        case phone.Trouble(why):
            return {"event": "trouble", "why": why}
        case events.Registered(expires, others):
            return {"event": "registered", "expires": expires, "others": others}
        case events.NotRegistered(why, again):
            return {"event": "not_registered", "why": why, "again": again}
        case events.Invited(call, number, name):
            return {"event": "ringing", "call": call, **_caller(number, name, dialplan)}
        case events.Busy(number, name):
            return {"event": "busy", **_caller(number, name, dialplan)}
        case events.Established(call):
            return {"event": "answered", "call": call}
        case events.Held(call, by_us, by_peer):
            return {"event": "held", "call": call, "here": by_us, "there": by_peer}
        case events.NotHeld(call, why):
            return {"event": "not_held", "call": call, "why": why}
        case events.Ended(call, how, why):
            return {"event": "ended", "call": call, "how": how.value, "why": why}
        case media.Connected(codec):
            return {"event": "sound", "codec": codec}
        case media.Devices(microphone, speaker, missing):
            devices = {"microphone": safe(microphone), "speaker": safe(speaker)}
            return {"event": "devices", **devices, "missing": missing}
        case media.Failed(why):
            return {"event": "sound_failed", "why": why}
        case media.Lost(seconds):
            return {"event": "sound_lost", "seconds": seconds}
        case media.Resumed():
            return {"event": "sound_resumed"}
    return None


def _caller(number: str, name: str, dialplan: Dialplan) -> dict[str, str]:
    shown = dialplan.caller(number) if dialplan.masked else number
    return {"number": safe(shown), "name": "" if dialplan.masked else safe(name)}
