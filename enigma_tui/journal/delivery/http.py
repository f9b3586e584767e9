"""Sends outcomes over HTTP: to a webhook, and to the Dialler's REST API."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from ...model.delivery import Outgoing
from ...model.disposition import CodeTree
from ...model.text import MARK
from ...targets import DiallerTarget, WebhookTarget, is_reference
from .payload import Facts, envelope
from .reply import Reply, Verdict
from .secrets import SecretMissing, Secrets
from .way import TELLING, Way, open_way


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a webhook's body: HMAC-SHA256 of `<timestamp>.<body>`, in hex."""
    signed = str(timestamp).encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Webhook:
    """POSTs each outcome as JSON, signed where there is a secret."""

    way: Way
    url: str = field(repr=False)
    codes: CodeTree
    secret: str = field(repr=False)

    async def send(self, owed: Outgoing, facts: Facts, now_ms: int) -> Reply:
        """Send an outcome; its act is the key by which the receiver can drop repeats."""
        body = envelope(owed, facts, self.codes)
        timestamp = now_ms // 1000
        headers = {
            "Idempotency-Key": quote(owed.disposition.act, safe=""),
            "X-Enigma-Timestamp": str(timestamp),
        }
        if self.secret:
            headers["X-Enigma-Signature"] = sign(self.secret, timestamp, body)
        return await self.way.exchange("POST", self.url, headers, body)

    async def close(self) -> None:
        """Close its connections."""
        await self.way.close()


@dataclass(frozen=True, slots=True)
class Dialler:
    """Tells the Dialler's REST API the outcome of its calls (PROTOCOL.md §4)."""

    way: Way
    base_url: str = field(repr=False)
    letters: Mapping[str, str]

    async def send(self, owed: Outgoing, facts: Facts, now_ms: int) -> Reply:
        """Send an outcome by its letter."""
        letter = self.letters.get(owed.disposition.code)
        if letter is None:
            return Reply(Verdict.REFUSED, "this code is none of the Dialler's: see `site show`")
        reference = owed.key.call_ref
        if reference in (".", "..") or MARK in reference:
            return Reply(Verdict.REFUSED, "no address can carry this call reference")
        url = f"{self.base_url.rstrip('/')}/calls/{quote(reference, safe='')}"
        body = json.dumps({"call": {"disposition": letter}}).encode()
        return await self.way.exchange("PUT", url, {}, body)

    async def close(self) -> None:
        """Close its connections."""
        await self.way.close()


def open_webhook(target: WebhookTarget, codes: CodeTree, secrets: Secrets) -> Webhook:
    """Return the way to a webhook; raises `SecretMissing`."""
    url = secrets.address(target.url)
    secret = secrets.value(target.secret, url)
    return Webhook(_way(target, url, secrets), url, codes, secret)


def open_dialler(target: DiallerTarget, letters: Mapping[str, str], secrets: Secrets) -> Dialler:
    """Return the way to the Dialler; raises `SecretMissing`."""
    url = secrets.address(target.base_url)
    return Dialler(_way(target, url, secrets), url, letters)


def _way(target: WebhookTarget | DiallerTarget, url: str, secrets: Secrets) -> Way:
    given = {name: secrets.value(value, url) for name, value in target.headers.items()}
    for name, value in given.items():
        if not value.isascii():
            held = target.headers[name]
            raise SecretMissing(
                f"what {held} stands for has characters no header can carry",
                f"secret {held.partition(':')[2]} cannot be used",
            )
    return open_way(given, _telling(target, url, secrets))


def _telling(target: WebhookTarget | DiallerTarget, url: str, secrets: Secrets) -> tuple[str, ...]:
    """Return what an answer must not be shown with, the longest first."""
    found: set[str] = set()
    for reference in target.references():
        value = secrets.value(reference, url)
        found.add(value)
        # Receivers repeat a token without its scheme, and an address without its host.
        found.update(word for word in value.split() if len(word) >= TELLING)
    if is_reference(target.address):
        parts = urlsplit(url)
        behind = url.partition(parts.netloc)[2]
        pieces = (behind, *re.split(r"[/?&=;]", behind))
        found.update(piece for piece in pieces if len(piece) >= TELLING)
    return tuple(sorted(found, key=len, reverse=True))
