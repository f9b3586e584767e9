"""Hands recorded outcomes on to other systems: a list, the Dialler's REST API, a webhook.

The journal is all there is: what a target is owed is worked out from it (`model/delivery.py`),
and what became of it is written into it. There is no consumer group. Only the newest outcome of a
call is to be sent, an undo takes it back, and the Dialler must not be told before the call has
ended: all that needs a projection of the entries and not a queue of them, and a group's list of
pending entries would only grow. A cursor for each target, `Ledger`, says from where on the journal
has to be read to know what is owed; whoever delivers next begins there.

`Deliverers` runs one `Deliverer` for each target that this program has the secrets of, under a
lease of its own. Safety does not rest on that lease: what is written carries a turn, and whoever
was overtaken writes nothing (`scripts/deliver.lua`).
"""

from .again import Again
from .manager import Deliverers
from .secrets import Secrets
from .status import DeliveryStatus

__all__ = ["Again", "Deliverers", "DeliveryStatus", "Secrets"]
