"""What a PBX would have sent, put into the journal directly."""

import json

import redis

JOURNAL = "{enigma-tui}:journal"


def payload(ref: object, extension: str = "2001", caller: str = "0820001234") -> str:
    told = {"call_ref": ref, "ref": extension, "number": caller, "call_dir": "inbound"}
    return json.dumps({"type": "call", "payload": told})


def record(ref: object, extension: str = "2001", direction: str = "inbound") -> str:
    told = {"call_ref": ref, "extension": extension, "number": "083", "call_dir": direction}
    return json.dumps({"type": "cdr", "payload": {**told, "ref": "click-dial"}})


def journalled(client: redis.Redis, *payloads: str) -> None:
    with client:
        for one in payloads:
            client.xadd(JOURNAL, {"kind": "call", "raw": one, "source": "pbx", "feed": "inbound"})
