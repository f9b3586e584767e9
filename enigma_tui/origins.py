"""What secrets of delivery are called, and the origins that they may be sent to."""

import re
from urllib.parse import urlsplit

SECRET_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")

_NETLOC = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


def origin(address: str) -> str:
    """Return what an HTTP address is sent to, as in `https://crm.example:443`; "" if it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ""
    # Nothing that an HTTP client might read in another way.
    if port is None or not _NETLOC.fullmatch(parts.netloc):
        return ""
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"
