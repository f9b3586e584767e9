"""Session descriptions, as far as signalling has to understand them: RFC 8866, RFC 3264, RFC 8829.

Media are negotiated once, when a call is answered. What comes after that changes who may speak,
and here that is done to the text.
"""

import re

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

_REVERSED = {"sendonly": "recvonly", "recvonly": "sendonly"}

_TRANSPORT = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:")
"""What a session's way and its keys are made of."""


def direction(sdp: str) -> str:
    """Return who may speak in a session, by its first audio: `sendrecv`, `sendonly` and so on."""
    session, media = "", ""
    in_media = False
    for line in sdp.splitlines():
        if line.startswith("m="):
            if in_media:
                break
            in_media = line.startswith("m=audio ")
        elif line[:2] == "a=" and line[2:] in DIRECTIONS:
            if in_media:
                media = line[2:]
            elif not media:
                session = session or line[2:]
    return media or session or "sendrecv"


def reverse(of: str) -> str:
    """Return the same as the other end says it."""
    return _REVERSED.get(of, of)


def both(one: str, other: str) -> str:
    """Return what is left of a direction where another one counts as well."""
    sends = all(each in ("sendrecv", "sendonly") for each in (one, other))
    receives = all(each in ("sendrecv", "recvonly") for each in (one, other))
    return DIRECTIONS[(not receives) + 2 * (not sends)]


def directed(sdp: str, to: str) -> str:
    """Return a description with another direction.

    RFC 3264 section 8: the version in `o=` grows by one with each change, and only then.
    """
    pattern = "|".join(DIRECTIONS)
    changed = re.sub(rf"(?m)^a=(?:{pattern})(?=\r?$)", f"a={to}", sdp)
    if changed == sdp:
        return sdp
    return re.sub(
        r"(?m)^(o=\S+ \S+ )(\d+)",
        lambda found: f"{found[1]}{int(found[2]) + 1}",
        changed,
        count=1,
    )


def same_media(one: str, other: str) -> bool:
    """Whether two descriptions of an end have the same way, keys and kinds of media.

    Where they have not, ICE would begin anew, or another codec: RFC 8839 section 4.4.
    """

    def parts(sdp: str) -> set[str]:
        lines = (line.strip() for line in sdp.splitlines())
        return {
            line.lower() if line.startswith("a=fingerprint:") else line
            for line in lines
            if line.startswith(_TRANSPORT)
        }

    kinds = [re.findall(r"(?m)^m=(\w+)", sdp) for sdp in (one, other)]
    return parts(one) == parts(other) and kinds[0] == kinds[1]
