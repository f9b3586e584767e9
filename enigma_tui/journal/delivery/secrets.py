"""Finds the secrets that a site's settings refer to, in the process that delivers.

The site's settings are written by whoever Redis lets; they name a secret, and nothing more. What
the name stands for, and the one host it may be sent to, is in the settings of the process itself.
A secret is read when it is needed, held no longer than that, and never shown.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...model.text import safe
from ...origins import origin
from ...secret_files import UnusableError, first_line
from ...target import Target
from ...targets import is_reference, wrong_address


class SecretMissing(Exception):
    """A secret cannot be had, or not be sent to where it would go; the text tells which setting is
    to be looked at, and never what the secret is."""

    def __init__(self, text: str, why: str) -> None:
        """`why` says it in a few words that everybody may read: no file and no host of this
        machine's settings."""
        super().__init__(text)
        self.why = why


@dataclass(frozen=True, slots=True)
class Secrets:
    """What this process may send, and where to: as it stands, nothing."""

    places: Mapping[str, str] = field(default_factory=dict)
    """Where each secret is, by its name: `env:NAME` or `file:/path` (`delivery_secrets`)."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """To where alone each may be sent: `https://crm.example` (`delivery_hosts`)."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def address(self, value: str) -> str:
        """Return a target's address, which may be a reference. Raises `SecretMissing`."""
        if not is_reference(value):
            return value
        name = _name(value)
        host, found = self._host(name), self._read(name)
        if wrong := wrong_address(found):
            raise SecretMissing(f"what {value} stands for cannot be used: {wrong}", _unusable(name))
        _refuse_elsewhere(name, host, found)
        return found

    def value(self, value: str, address: str) -> str:
        """Return what a reference stands for, to be sent to `address`; any other value as it is.

        Raises `SecretMissing`, also where that host is not the secret's own.
        """
        if not is_reference(value):
            return value
        name = _name(value)
        _refuse_elsewhere(name, self._host(name), address)
        return self._read(name)

    def _host(self, name: str) -> str:
        if name not in self.places:
            raise SecretMissing(f"delivery_secrets has no {name} here", _absent(name))
        if name not in self.hosts:
            raise SecretMissing(
                f"delivery_hosts does not say where {name} may be sent", _elsewhere(name)
            )
        return self.hosts[name]

    def _read(self, name: str) -> str:
        scheme, _, place = self.places[name].partition(":")
        if scheme == "env":
            where = f"the variable {place}"
            value = self.environ.get(place, "")
            if not value:
                raise SecretMissing(f"delivery_secrets.{name}: {where} is not set", _absent(name))
        else:
            where = safe(place)
            try:
                value = first_line(Path(place), "delivery_secrets")
            except UnusableError as error:
                raise SecretMissing(
                    f"delivery_secrets.{name}: {safe(str(error), 400)}", _unusable(name)
                ) from None
        if not value.isprintable():
            raise SecretMissing(
                f"delivery_secrets.{name}: {where} has characters that cannot be sent",
                _unusable(name),
            )
        return value


def _name(reference: str) -> str:
    return reference.partition(":")[2]


def _absent(name: str) -> str:
    return f"secret {name} is missing"


def _unusable(name: str) -> str:
    return f"secret {name} cannot be used"


def _elsewhere(name: str) -> str:
    return f"secret {name} may not be sent there"


def _refuse_elsewhere(name: str, host: str, address: str) -> None:
    if not origin(host) or origin(host) != origin(address):
        raise SecretMissing(
            f"delivery_hosts lets {name} be sent to {safe(host, 200)} only, and this target is not "
            "there",
            _elsewhere(name),
        )


def missing(target: Target, secrets: Secrets) -> list[str]:
    """Return what this process lacks to deliver to a target, a sentence each."""
    try:
        address = secrets.address(target.address)
    except SecretMissing as lack:
        return [str(lack)]
    found = []
    for reference in target.references():
        try:
            secrets.value(reference, address)
        except SecretMissing as lack:
            found.append(str(lack))
    return found
