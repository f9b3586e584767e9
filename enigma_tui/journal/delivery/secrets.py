"""Finds the secrets that a site's settings refer to, in the process that delivers.

They are read when they are needed, held no longer than that, and never shown.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from ...model.text import safe
from ...targets import Target

_MOST_BYTES = 16_384


class SecretMissing(Exception):
    """A secret is not where the settings say; the text tells where, and never what it is."""


def resolve(reference: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the secret behind `env:NAME` or `file:/path`; anything else is returned as it is.

    A line break that ends a file is not part of the secret. Raises `SecretMissing`.
    """
    scheme, _, place = reference.partition(":")
    if scheme == "env":
        value = environ.get(place, "")
        where = f"the variable {place}"
    elif scheme == "file":
        where = safe(place)
        try:
            with Path(place).open("rb") as file:
                value = file.read(_MOST_BYTES).decode().removesuffix("\n").removesuffix("\r")
        except OSError as error:
            raise SecretMissing(f"{where} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise SecretMissing(f"{where} is not UTF-8 text") from None
    else:
        return reference
    if not value:
        raise SecretMissing(f"{where} is empty" if scheme == "file" else f"{where} is not set")
    if not value.isprintable():
        raise SecretMissing(f"{where} has line breaks or other characters that cannot be sent")
    return value


def missing(target: Target, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return what this process lacks to deliver to a target, a sentence each."""
    found = []
    for reference in target.references():
        try:
            resolve(reference, environ)
        except SecretMissing as lack:
            found.append(str(lack))
    return found
