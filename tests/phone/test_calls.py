"""A call rings, is answered or not, is held, and ends, from either end."""

import pytest

from enigma_tui.phone.events import Busy, Ended, Established, Held, How, Invited, NotHeld
from enigma_tui.phone.line import Line
from tests.phone.lines import ANSWER, Ear, registered
from tests.phone.pbx import OFFER, Leg, Pbx, header


async def up(pbx: Pbx, line: Line, ear: Ear, **headers: str) -> tuple[Leg, str]:
    """A call that is answered."""
    leg = await pbx.invite(**headers)
    call = (await ear.hears(Invited)).call
    line.do(lambda agent, now: agent.answer(call, ANSWER, now))
    await leg.answered()
    await ear.hears(Established)
    return leg, call


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
async def test_it_rings_and_is_answered(binary: bool) -> None:
    pbx = Pbx(binary=binary)
    async with registered(pbx) as (line, ear):
        leg = await pbx.invite(caller='"Nomsa D." <sip:+27821234567@pbx>')
        ringing = await leg.response(180)
        assert header(ringing, "Contact").startswith("<sip:201@")
        invited = await ear.hears(Invited)
        assert (invited.number, invited.name) == ("+27821234567", "Nomsa D.")
        assert invited.offer == OFFER
        line.do(lambda agent, now: agent.answer(invited.call, ANSWER, now))
        assert await leg.answered() == ANSWER
        assert (await ear.hears(Established)).call == invited.call
        assert line.agent.due() is not None, "the registration alone"


async def test_it_is_rejected() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg = await pbx.invite()
        call = (await ear.hears(Invited)).call
        line.do(lambda agent, now: agent.reject(call, now))
        await leg.response(603)
        assert await ear.hears(Ended) == Ended(call, How.REJECTED)
        line.do(lambda agent, now: agent.answer(call, ANSWER, now))
        again = await pbx.invite()
        await again.response(180)


@pytest.mark.parametrize(
    ("reason", "why"),
    [("", ""), ('SIP;cause=200;text="Call completed elsewhere"', "somebody else answered")],
)
async def test_the_caller_gives_up(reason: str, why: str) -> None:
    pbx = Pbx()
    async with registered(pbx) as (_, ear):
        leg = await pbx.invite()
        call = (await ear.hears(Invited)).call
        await leg.send("CANCEL", **({"Reason": reason} if reason else {}))
        await leg.response(200, "CANCEL")
        await leg.response(487)
        assert await ear.hears(Ended) == Ended(call, How.CANCELLED, why)


async def test_a_cancel_that_comes_too_late_ends_nothing() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, _ = await up(pbx, line, ear)
        await leg.send("CANCEL")
        await leg.response(200, "CANCEL")
        assert line.agent.call is not None


async def test_hung_up_there() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, call = await up(pbx, line, ear)
        await leg.send("BYE")
        await leg.response(200, "BYE")
        assert await ear.hears(Ended) == Ended(call, How.BY_PEER)


async def test_hung_up_here() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, call = await up(pbx, line, ear, Record_Route="<sip:edge.pbx;lr>")
        line.do(lambda agent, now: agent.hang_up(call, now))
        assert await ear.hears(Ended) == Ended(call, How.HUNG_UP)
        bye = await pbx.wait_for("BYE")
        assert bye.startswith("BYE sip:asterisk@127.0.0.1:5060;transport=ws SIP/2.0")
        assert header(bye, "Route") == "<sip:edge.pbx;lr>"
        assert header(bye, "To") == leg.sender
        assert header(bye, "From") == leg.to


async def test_hung_up_before_the_answer_is_acknowledged() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg = await pbx.invite()
        call = (await ear.hears(Invited)).call
        line.do(lambda agent, now: agent.answer(call, ANSWER, now))
        line.do(lambda agent, now: agent.hang_up(call, now))
        assert await ear.hears(Ended) == Ended(call, How.HUNG_UP)
        await leg.answered()
        await pbx.wait_for("BYE")
        assert not [each for each in ear.told if isinstance(each, Established)]


async def test_an_answer_is_sent_again_until_it_is_acknowledged() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        await pbx.invite()
        call = (await ear.hears(Invited)).call
        line.do(lambda agent, now: agent.answer(call, ANSWER, now))
        start = line._now()
        for at in (0.5, 1.5, 3.5, 7.5):
            line.do(lambda agent, now, at=at: agent.pass_time(start + at + 0.01))
        await pbx.wait_for("SIP/2.0 200", 5)
        line.do(lambda agent, now: agent.pass_time(start + 33))
        ended = await ear.hears(Ended)
        assert ended.how is How.LOST
        assert "never acknowledged" in ended.why
        await pbx.wait_for("BYE")


async def test_held_and_taken_back() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        _, call = await up(pbx, line, ear)
        line.do(lambda agent, now: agent.hold(call, now, on=True))
        offer = await pbx.wait_for("INVITE")
        assert "a=sendonly" in offer
        assert "o=- 11 2 IN" in offer, "a change is another version"
        assert await ear.hears(Held) == Held(call, by_us=True, by_peer=False)
        ack = await pbx.wait_for("ACK")
        assert header(ack, "CSeq").split()[0] == header(offer, "CSeq").split()[0]
        line.do(lambda agent, now: agent.hold(call, now, on=False))
        assert "a=sendrecv" in await pbx.wait_for("INVITE", 2)
        assert await ear.hears(Held, 2) == Held(call, by_us=False, by_peer=False)


@pytest.mark.parametrize("code", [488, 500])
async def test_a_hold_that_is_refused_is_told(code: int) -> None:
    pbx = Pbx(on_request=lambda request: code)
    async with registered(pbx) as (line, ear):
        _, call = await up(pbx, line, ear)
        line.do(lambda agent, now: agent.hold(call, now, on=True))
        assert str(code) in (await ear.hears(NotHeld)).why
        await pbx.wait_for("ACK")
        pbx.on_request = lambda request: 200
        line.do(lambda agent, now: agent.hold(call, now, on=True))
        await ear.hears(Held)


async def test_a_hold_that_crosses_another_offer_comes_later() -> None:
    answers = [491, 200]
    pbx = Pbx(on_request=lambda request: answers.pop(0))
    async with registered(pbx) as (line, ear):
        _, call = await up(pbx, line, ear)
        line.do(lambda agent, now: agent.hold(call, now, on=True))
        await pbx.wait_for("ACK")
        line.do(lambda agent, now: agent.pass_time(now + 4))
        assert (await ear.hears(Held)).by_us


async def test_the_other_end_holds() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, call = await up(pbx, line, ear)
        await leg.invite(OFFER.replace("sendrecv", "sendonly"))
        assert "a=recvonly" in await leg.answered()
        assert await ear.hears(Held) == Held(call, by_us=False, by_peer=True)
        await leg.send("UPDATE", body=OFFER)
        assert "a=sendrecv" in await leg.response(200, "UPDATE")
        assert await ear.hears(Held, 2) == Held(call, by_us=False, by_peer=False)


async def test_an_invite_without_an_offer_gets_ours() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, _ = await up(pbx, line, ear)
        await leg.invite("")
        assert await leg.answered() == ANSWER


async def test_other_media_are_not_taken_up() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, _ = await up(pbx, line, ear)
        await leg.invite(OFFER.replace("a=ice-ufrag:abcd", "a=ice-ufrag:wxyz"))
        await leg.response(488)
        assert line.agent.call is not None


async def test_a_request_out_of_order_gets_500() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, _ = await up(pbx, line, ear)
        leg.sequence = 50
        await leg.send("UPDATE")
        await leg.response(500, "UPDATE")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda offer: "", 488),
        (lambda offer: offer.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), 488),
        (lambda offer: offer.replace("a=ice-ufrag:abcd\r\n", ""), 488),
        (lambda offer: offer.replace("m=audio 20000", "m=audio 0"), 488),
    ],
)
async def test_an_offer_that_is_not_of_webrtc_gets_488(change: object, code: int) -> None:
    pbx = Pbx()
    async with registered(pbx) as (_, ear):
        leg = await pbx.invite(change(OFFER))  # type: ignore[operator]
        await leg.response(code)
        assert not [each for each in ear.told if isinstance(each, Invited)]


async def test_another_caller_is_told_that_it_is_busy() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        await up(pbx, line, ear)
        other = await pbx.invite(caller="<sip:0119998888@pbx>")
        await other.response(486)
        assert await ear.hears(Busy) == Busy("0119998888", "")


async def test_an_extension_that_is_required_and_not_known_gets_420() -> None:
    pbx = Pbx()
    async with registered(pbx):
        leg = await pbx.invite(Require="100rel, timer")
        assert header(await leg.response(420), "Unsupported") == "100rel"


@pytest.mark.parametrize(
    ("method", "code"),
    [("OPTIONS", 200), ("NOTIFY", 405), ("MESSAGE", 405), ("BYE", 481), ("UPDATE", 481)],
)
async def test_requests_of_no_call(method: str, code: int) -> None:
    pbx = Pbx()
    async with registered(pbx):
        leg = Leg(pbx, "<sip:pbx@pbx>")
        await leg.send(method)
        text = await leg.response(code, method)
        if code in (200, 405):
            assert "INVITE" in header(text, "Allow")


async def test_requests_within_a_call_that_are_not_known_get_405() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, _ = await up(pbx, line, ear)
        await leg.send("INFO")
        assert "BYE" in header(await leg.response(405, "INFO"), "Allow")
        await leg.send("OPTIONS")
        await leg.response(200, "OPTIONS")


async def test_a_call_of_another_dialog_gets_481() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, _ = await up(pbx, line, ear)
        leg.to = "<sip:201@pbx>;tag=nobody"
        await leg.send("BYE")
        await leg.response(481, "BYE")
        assert line.agent.call is not None


TIMED = {"Supported": "timer", "Session-Expires": "120"}


async def test_a_session_that_the_pbx_refreshes() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, _ = await up(pbx, line, ear, **TIMED)
        said = await leg.response(200)
        assert header(said, "Session-Expires") == "120;refresher=uac"
        start = line._now()
        await leg.send("UPDATE", **TIMED)
        await leg.response(200, "UPDATE")
        line.do(lambda agent, now: agent.pass_time(start + 80))
        assert line.agent.call is not None
        line.do(lambda agent, now: agent.pass_time(now + 121))
        ended = await ear.hears(Ended)
        assert (ended.how, ended.why) == (How.LOST, "the PBX has not refreshed the session")
        await pbx.wait_for("BYE")


@pytest.mark.parametrize("allow", ["INVITE, UPDATE", "INVITE"])
async def test_a_session_that_we_refresh(allow: str) -> None:
    pbx = Pbx()
    asked = {**TIMED, "Session-Expires": "1800; refresher=uas", "Allow": allow}
    async with registered(pbx) as (line, ear):
        leg, _ = await up(pbx, line, ear, **asked)
        assert header(await leg.response(200), "Session-Expires") == "1800;refresher=uas"
        method = "UPDATE" if "UPDATE" in allow else "INVITE"
        for count in (1, 2):
            line.do(lambda agent, now, count=count: agent.call.pass_time(now + 901 * count))
            text = await pbx.wait_for(method, count)
            assert header(text, "Session-Expires") == "1800;refresher=uac"
            await leg.send("OPTIONS")
            await leg.response(200, "OPTIONS")  # and so the one before has been taken in
        assert line.agent.call is not None


async def test_a_call_goes_on_over_another_connection() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg, call = await up(pbx, line, ear, Allow="UPDATE, BYE")
        pbx.drop()
        await ear.until_link(2)
        assert line.agent.call is not None, "its media go another way"
        update = await pbx.wait_for("UPDATE")
        assert header(update, "Contact").startswith("<sip:201@"), "where we are now"
        await leg.send("BYE")
        await leg.response(200, "BYE")
        assert await ear.hears(Ended) == Ended(call, How.BY_PEER)


async def test_a_call_that_the_pbx_has_given_up_meanwhile_ends() -> None:
    pbx = Pbx(on_request=lambda request: 481)
    async with registered(pbx) as (line, ear):
        await up(pbx, line, ear)
        pbx.drop()
        ended = await ear.hears(Ended)
        assert (ended.how, ended.why) == (How.LOST, "the PBX no longer knows of the call")


async def test_a_call_that_rings_goes_with_its_connection() -> None:
    pbx = Pbx()
    async with registered(pbx) as (_, ear):
        await pbx.invite()
        await ear.hears(Invited)
        pbx.drop()
        assert (await ear.hears(Ended)).how is How.LOST


async def test_what_was_hung_up_without_a_connection_is_told_later() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        _, call = await up(pbx, line, ear)
        pbx.refuse = 503
        pbx.drop()
        await ear.until_link(2)
        line.do(lambda agent, now: agent.hang_up(call, now))
        assert (await ear.hears(Ended)).how is How.HUNG_UP
        pbx.refuse = 0
        line.do(lambda agent, now: agent.register(now))
        await pbx.wait_for("BYE")


async def test_a_pbx_whose_name_is_no_host_can_call() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        leg = Leg(pbx, "<sip:0821234567@3f4e5f50335f>")
        text = leg.request("INVITE", body=OFFER).replace("127.0.0.1:5060", "my_pbx:5060")
        await pbx.send(text.replace("INVITE sip:201@phone.invalid", "INVITE sip:201@my_pbx"))
        await leg.response(180)
        line.do(lambda agent, now: agent.answer(leg.call_id, ANSWER, now))
        await leg.answered()
        await ear.hears(Established)
        line.do(lambda agent, now: agent.hang_up(leg.call_id, now))
        assert (await pbx.wait_for("BYE")).startswith("BYE sip:asterisk@my_pbx:5060;transport=ws ")


async def test_what_is_wanted_without_a_connection_does_not_stand_in_the_way_later() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        _, call = await up(pbx, line, ear, Allow="UPDATE, BYE")
        pbx.refuse = 503
        pbx.drop()
        await ear.until_link(2)
        line.do(lambda agent, now: agent.hold(call, now, on=True))
        line.do(lambda agent, now: agent.check(call, now))
        assert (await ear.hears(NotHeld)).call == call
        pbx.refuse = 0
        line.do(lambda agent, now: agent.register(now))
        await pbx.wait_for("INVITE")  # whether the hold was taken is not known: all is said again


async def test_a_refresh_that_is_refused_is_tried_again() -> None:
    answers = [500, 200]
    pbx = Pbx(on_request=lambda request: answers.pop(0))
    asked = {**TIMED, "Session-Expires": "1800;refresher=uas", "Allow": "UPDATE"}
    async with registered(pbx) as (line, ear):
        await up(pbx, line, ear, **asked)
        line.do(lambda agent, now: agent.call.pass_time(now + 901))
        await pbx.wait_for("UPDATE")
        await pbx.heard_out()
        assert line.agent.call is not None
        due = line.agent.call.timer.due
        assert due is not None
        line.do(lambda agent, now: agent.call.pass_time(due))
        await pbx.wait_for("UPDATE", 2)
        assert answers == []


async def test_an_interval_that_is_too_brief_gets_422() -> None:
    pbx = Pbx()
    async with registered(pbx):
        leg = await pbx.invite(Supported="timer", Session_Expires="30")
        assert header(await leg.response(422), "Min-SE") == "90"


async def test_a_call_that_is_over_here_makes_nobody_busy() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        await pbx.invite()
        call = (await ear.hears(Invited)).call
        line.do(lambda agent, now: agent.answer(call, ANSWER, now))
        line.do(lambda agent, now: agent.hang_up(call, now))
        other = await pbx.invite()
        await other.response(486)
        assert not [each for each in ear.told if isinstance(each, Busy)]
