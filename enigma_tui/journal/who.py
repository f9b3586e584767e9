"""Who acts: under which name, and whether the server knows that name."""

from msgspec import Struct

from ..model.text import safe
from .connection import Connection


class Who(Struct, frozen=True):
    """Who acts."""

    name: str
    verified: bool = False
    """Whether the name is that of the ACL user this program logged in as, and not self-declared.

    The server takes this program's word for it: no script can learn who runs it. Whoever may
    write to the journal directly may claim anything there.
    """


def who_am_i(connection: Connection, declared: str) -> Who:
    """Return who acts over a connection: the ACL user where the address names one."""
    if connection.address.user in ("", "default"):
        return Who(declared)
    return Who(safe(connection.address.user), verified=True)
