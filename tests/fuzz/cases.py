"""How long a property is tried, and what is drawn for it."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from . import hostile

THOROUGH = settings.get_current_profile_name() == "fuzz"
"""Whether this is `make fuzz` and not `make test`."""

cases = settings(
    max_examples=10_000 if THOROUGH else 50,
    deadline=None,  # the machine may be busy with other things
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""Put over every property here."""

RANDOM = st.randoms(use_true_random=True)
"""With a seed of its own: choices that hypothesis draws shrink better, but take five times as
long."""

_ANY_CHARACTER = st.characters(exclude_categories=())

TEXTS = st.text(_ANY_CHARACTER, max_size=60) | RANDOM.map(hostile.text)
"""Texts, lone surrogates among them."""

NOTIFICATIONS = RANDOM.map(hostile.notification)
"""Payloads of which most can be read."""

PAYLOADS = st.one_of(RANDOM.map(hostile.payload), NOTIFICATIONS, st.binary(max_size=80))
"""What may stand in a list of the PBX."""
