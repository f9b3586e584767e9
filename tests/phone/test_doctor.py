"""`doctor` says whether the phone would work, and no phone notices."""

from pathlib import Path

import pytest

from enigma_tui import phoning
from enigma_tui.cli.doctor_phone import of_phone
from enigma_tui.finding import BAD, LOOK, OK, Finding
from enigma_tui.phone import media
from enigma_tui.phone.media import AudioDevices
from enigma_tui.phone.registration import WRONG_PASSWORD
from enigma_tui.settings import Settings
from enigma_tui.values import Secret
from tests.phone.pbx import PASSWORD, Pbx, header, serving


@pytest.fixture(autouse=True)
def devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with devices: this one may have none."""

    async def some() -> AudioDevices:
        return AudioDevices(("Headset", "Webcam"), ("Headset",))

    monkeypatch.setattr(media, "list_devices", some)


async def found(pbx: Pbx, **more: object) -> list[Finding]:
    """What is found of a phone of that PBX."""
    given = {"phone_url": pbx.url, "extension": "201", "phone_password": Secret(PASSWORD)}
    settings = Settings(**{**given, **more})  # type: ignore[arg-type]
    return [each async for each in of_phone(settings, {})]


async def test_without_a_phone_nothing_is_said() -> None:
    assert await found(Pbx()) == []


async def test_all_is_well() -> None:
    pbx = Pbx()
    async with serving(pbx):
        told = await found(pbx)
    assert [each.state for each in told] == [OK] * 4
    assert "nobody is registered for 201" in told[1].found
    assert not any(header(text, "Contact") for text in pbx.heard), "it only asks"
    assert pbx.contact == ""


async def test_it_says_whom_it_would_displace() -> None:
    pbx = Pbx(others=("<sip:201@192.0.2.7>",))
    async with serving(pbx):
        told = await found(pbx)
    assert told[1].state == LOOK
    assert "1 phone is registered for 201" in told[1].found


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"phone_password": Secret("wrong")}, WRONG_PASSWORD),
        ({"phone_microphone": "Studio"}, "phone_microphone: there is none called so"),
    ],
)
async def test_what_is_wrong_is_named(more: dict[str, object], words: str) -> None:
    pbx = Pbx()
    async with serving(pbx):
        told = await found(pbx, **more)
    assert [each.found for each in told if each.state == BAD] == [words]


async def test_an_extension_that_is_not_there() -> None:
    pbx = Pbx(refuse=404)
    async with serving(pbx):
        told = await found(pbx)
    assert "there is no extension 201" in told[1].found


async def test_a_pbx_that_is_away() -> None:
    pbx = Pbx()
    async with serving(pbx):
        pass
    told = await found(pbx)
    assert told[0].state == BAD
    assert "connection refused" in told[0].found


async def test_over_ssh_it_says_where_the_sound_is() -> None:
    pbx = Pbx()
    async with serving(pbx):
        settings = Settings(phone_url=pbx.url, extension="201", phone_password=Secret(PASSWORD))
        told = [each.found async for each in of_phone(settings, {"SSH_CONNECTION": "x"})]
    assert any("Over SSH" in each for each in told)


async def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phoning, "NEEDED", ("a_library_that_nobody_has",))
    [told] = await found(Pbx(url="ws://127.0.0.1:1/ws"))
    assert "pip install 'enigma-tui[phone]'" in told.found


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"phone_url": "http://pbx/ws"}, "phone_url"),
        ({"phone_url": "ws://me:secret@pbx/ws"}, "phone_url"),
        ({"extension": ""}, "extension"),
        ({"phone_password": Secret("")}, "phone_password"),
        ({"phone_password_file": "/nowhere"}, "phone_password_file"),
        ({"phone_stun": "stun.example"}, "phone_stun"),
        ({"phone_turn": "http://turn"}, "phone_turn"),
        ({"phone_url": "wss://pbx/ws", "phone_tls_ca": "/nowhere"}, "phone_tls_ca"),
        ({"phone_url": "wss://pbx/ws", "phone_tls_ca": __file__}, "phone_tls_ca"),
    ],
)
def test_settings_that_make_no_phone_are_named(given: dict[str, object], setting: str) -> None:
    usual = {
        "phone_url": "ws://pbx:8088/ws", "extension": "201", "phone_password": Secret(PASSWORD)
    }  # fmt: skip
    with pytest.raises(phoning.UnusableError) as wrong:
        phoning.check(Settings(**{**usual, **given}))  # type: ignore[arg-type]
    assert wrong.value.setting == setting
    assert "secret" not in str(wrong.value)


def test_a_password_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    file.chmod(0o600)
    account = phoning.account(
        Settings(phone_url="ws://pbx:8088/ws", extension="201", phone_password_file=str(file))
    )
    assert account.password == PASSWORD
    assert PASSWORD not in repr(account)
