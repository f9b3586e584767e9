"""What `doctor` looks at of the phone: the way to the PBX, the registration, the sound."""

from collections.abc import AsyncIterator, Mapping

from .. import phoning
from ..finding import BAD, LOOK, OK, Finding
from ..settings import Settings


async def of_phone(settings: Settings, environment: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Yield what is found of the phone, where the settings want one; nothing is registered."""
    if not settings.phone_url:
        return
    if settings.read_only:
        yield Finding("phone", LOOK, "read_only is set: there is no phone")
        return
    if not phoning.is_installed():
        yield Finding("phone", BAD, phoning.MISSING)
        return
    from ..phone.looking import look
    from ..phone.media import list_devices

    account = phoning.account(settings)
    found = await look(account, phoning.AGENT)
    if found.unreachable:
        yield Finding("phone", BAD, f"{account.url}: {found.unreachable}")
    else:
        yield Finding("phone", OK, f"{account.url} speaks SIP")
        yield _registration(account.extension, found.refused, found.registered)
    for line in list(phoning.warnings(account.extension, environment))[1:]:
        yield Finding("phone", LOOK, line)
    devices = await list_devices()
    if devices.missing:
        yield Finding("sound", BAD, devices.missing)
    else:
        yield _device("microphone", devices.microphones, settings.phone_microphone)
        yield _device("speaker", devices.speakers, settings.phone_speaker)


def _registration(extension: str, refused: str, registered: int) -> Finding:
    if refused:
        return Finding("phone", BAD, refused)
    if registered:
        phones = "1 phone is" if registered == 1 else f"{registered} phones are"
        return Finding(
            "phone",
            LOOK,
            f"the extension may register; {phones} registered for {extension} now",
            "Where the PBX allows one phone for an extension, this one takes its place.",
        )
    return Finding("phone", OK, f"the extension may register; nobody is registered for {extension}")


def _device(kind: str, names: tuple[str, ...], wanted: str) -> Finding:
    """Say whether what the settings want is there; a part of a name is enough, as in a call."""
    found = [name for name in names if wanted.casefold() in name.casefold()]
    if not names:
        return Finding("sound", BAD, f"there is no {kind}", "Calls are silent on that side.")
    if not found and ":" not in wanted and wanted not in ("silence", "none", "echo"):
        return Finding(
            "sound",
            BAD,
            f"phone_{kind}: there is none called so",
            "`enigma-tui phone --devices` lists them.",
        )
    return Finding("sound", OK, f"{len(names)} for the {kind}")
