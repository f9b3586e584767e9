"""Digest authentication of SIP requests: RFC 3261 section 22.4, RFC 7616, RFC 8760."""

import hashlib
import re
import secrets
from collections.abc import Sequence

from sipmessage import AuthChallenge, AuthCredentials, AuthParameters, Message

ALGORITHMS = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
"""Those that can be computed, the strongest first: what RFC 8760 section 2.3 asks for."""

CHALLENGES = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
"""Where a response has its challenges, by its code."""

CREDENTIALS = {401: "Authorization", 407: "Proxy-Authorization"}
"""Where a request has what answers them."""

_PARAMETER = re.compile(r'([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]+)')


def challenges(response: Message, code: int) -> Sequence[AuthChallenge]:
    """Return those challenges of a response that can be answered, the best first."""
    found: list[AuthChallenge] = []
    for value in response.headers.getlist(CHALLENGES[code]):
        scheme, _, rest = value.strip().partition(" ")
        # AuthChallenge.parse takes a comma in quotes, as in "auth,auth-int", for the end of one.
        given = AuthParameters(
            **{name.lower(): _unquoted(text) for name, text in _PARAMETER.findall(rest)}
        )
        if scheme.lower() != "digest" or "nonce" not in given or "realm" not in given:
            continue
        challenge = AuthChallenge(scheme, given)
        if _algorithm(given) in ALGORITHMS and ("qop" not in given or "auth" in _qops(given)):
            found.append(challenge)
    order = list(ALGORITHMS)
    return sorted(found, key=lambda each: order.index(_algorithm(each.parameters)))


def credentials(
    challenge: AuthChallenge, method: str, uri: str, *, username: str, password: str, count: int
) -> AuthCredentials:
    """Return what answers a challenge; `count` is how often its nonce has been used, from 1."""
    given = challenge.parameters
    name = _algorithm(given)

    def digest(*parts: str) -> str:
        return ALGORITHMS[name](":".join(parts).encode()).hexdigest()

    secret = digest(username, given["realm"], password)
    asked = digest(method, uri)
    said = {
        "username": username,
        "realm": given["realm"],
        "nonce": given["nonce"],
        "uri": uri,
        "algorithm": given.get("algorithm", name),
    }
    if "qop" in given:
        cnonce, nc = secrets.token_hex(8), f"{count:08x}"
        said |= {"qop": "auth", "cnonce": cnonce, "nc": nc}
        said["response"] = digest(secret, given["nonce"], nc, cnonce, "auth", asked)
    else:  # RFC 2069's, which old servers still ask for
        said["response"] = digest(secret, given["nonce"], asked)
    if "opaque" in given:
        said["opaque"] = given["opaque"]
    return AuthCredentials(scheme="Digest", parameters=AuthParameters(**said))


def is_stale(challenge: AuthChallenge) -> bool:
    """Whether only the nonce was too old: name and password may be right."""
    return challenge.parameters.get("stale", "").lower() == "true"


def _algorithm(given: AuthParameters) -> str:
    return given.get("algorithm", "MD5").upper()


def _qops(given: AuthParameters) -> Sequence[str]:
    return [each.strip().lower() for each in given["qop"].split(",")]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
