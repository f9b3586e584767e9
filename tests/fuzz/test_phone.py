"""Whatever comes over the line, in whatever state a call is: the phone goes on."""

from random import Random

from hypothesis import event, given

from enigma_tui.phone.account import Account
from enigma_tui.phone.messages import read
from enigma_tui.phone.signalling import UserAgent
from tests.phone.lines import ANSWER
from tests.phone.pbx import OFFER, Leg, Pbx, answer
from tests.phone.test_malformed import mutated

from .cases import RANDOM, cases

MESSAGES = 40

TIMED = {"Supported": "timer", "Session_Expires": "90"}


def replies(frame: str, *codes: int, **headers: str) -> list[bytes]:
    """What a PBX could answer to a request of ours."""
    found = []
    for code in codes:
        response = answer(read(frame), code)  # type: ignore[arg-type]
        for name, value in headers.items():
            response.headers.add(name.replace("_", "-"), value)
        found.append(bytes(response))
    return found


@cases
@given(RANDOM)
def test_no_message_ends_the_phone(rng: Random) -> None:
    agent = UserAgent(Account("ws://pbx/ws", "201", "secret"), "fuzzed", rng)
    agent.connected(0.0)
    register = agent.outgoing[0]
    if rng.randrange(2):
        agent.received(*replies(register, 200, Contact="<sip:201@x>;expires=60"), 0.0)
    leg = Leg(Pbx(), '"Jo" <sip:0821234567@pbx>')
    invite = leg.request("INVITE", body=OFFER, Allow="UPDATE", Record_Route="<sip:a;lr>", **TIMED)
    agent.received(invite, 0.1)
    assert agent.call is not None
    leg.to += f";tag={agent.call.dialog.tag}"
    if how_far := rng.randrange(3):
        agent.answer(leg.call_id, ANSWER, 0.2)
        if how_far == 2:
            agent.received(leg.request("ACK"), 0.3)
    event(f"a call that is {agent.call.state.name.lower()}")
    corpus = [
        *[leg.request(name).encode() for name in ("BYE", "OPTIONS", "ACK", "CANCEL", "INFO")],
        leg.request("INVITE", body=OFFER).encode(),
        leg.request("INVITE").encode(),
        leg.request("UPDATE", body=OFFER, Require="timer", **TIMED).encode(),
        *replies(register, 200, Contact="<sip:201@x>;expires=60", Expires="70"),
        *replies(register, 423, Min_Expires="1800"),
        *replies(register, 401, WWW_Authenticate='Digest realm="a", nonce="b", qop="auth"'),
    ]
    now = 1.0
    for _ in range(MESSAGES):
        now += rng.choice((0.01, 1.0, 40.0))
        match rng.randrange(6):
            case 0:
                agent.pass_time(now)
            case 1 if agent.call is not None:
                agent.hold(agent.call.name, now, on=rng.random() < 0.5)
            case 2 if rng.randrange(10) == 0:
                agent.lost("gone", now)
                agent.connected(now)
            case _:
                frame = mutated(rng.choice(corpus), rng)
                agent.received(frame if rng.randrange(2) else frame.decode(errors="replace"), now)
        for frame in agent.outgoing:
            if frame.strip() and not frame.startswith(("SIP/2.0", "ACK")):
                corpus += replies(frame, rng.choice((200, 401, 481, 491, 500)))
        agent.outgoing.clear()
    agent.lost("gone", now)
    agent.connected(now)
    assert agent.outgoing[0].startswith("REGISTER"), "it still knows what it is for"
