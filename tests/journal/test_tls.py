"""TLS with real certificates: who is trusted, what is refused, and what is said about it."""

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal import connection
from enigma_tui.journal.address import Address, Tls
from enigma_tui.journal.connection import Connection, connect
from enigma_tui.journal.faults import FAILED, Fault, explain
from tests.tls import Authority, terminated, wanting_certificates
from tests.topology import SentinelSet


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(trustme.CA(), tmp_path)


Open = Callable[..., Connection]


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Open]:
    links: list[Connection] = []

    def begin(port: int, tls: Tls, form: str = "rediss://127.0.0.1:{port}/0") -> Connection:
        links.append(connect(Address(form.format(port=port), tls=tls), "test"))
        return links[-1]

    yield begin
    for link in links:
        await link.close()


async def fault_of(link: Connection) -> Fault:
    with pytest.raises(FAILED) as caught:
        await link.quick.ping()
    return explain(caught.value, link.address.shown)


async def test_a_server_is_trusted_for_the_ca_of_the_settings_only(
    server: EmbeddedServer, authority: Authority, opened: Open
) -> None:
    async with terminated(authority.context(), server) as port:
        assert await opened(port, Tls(ca=authority.file)).quick.ping()
        for verify in ("full", "chain"):
            fault = await fault_of(opened(port, Tls(verify=verify)))
            assert fault.name == "certificate not trusted"
            assert "tls_ca" in fault.remedy
            assert not fault.passing
        assert await opened(port, Tls(verify="none")).quick.ping()


async def test_a_certificate_for_another_host_is_refused_unless_only_the_chain_counts(
    server: EmbeddedServer, authority: Authority, opened: Open
) -> None:
    async with terminated(authority.context("other.example"), server) as port:
        fault = await fault_of(opened(port, Tls(ca=authority.file)))
        assert fault.name == "certificate's name wrong"
        assert "tls_verify" in fault.remedy
        assert await opened(port, Tls(ca=authority.file, verify="chain")).quick.ping()


async def test_a_certificate_that_has_expired_is_refused(
    server: EmbeddedServer, authority: Authority, opened: Open
) -> None:
    async with terminated(authority.context(expired=True), server) as port:
        for verify in ("full", "chain"):
            fault = await fault_of(opened(port, Tls(ca=authority.file, verify=verify)))
            assert fault.name == "certificate expired"


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_may_want_a_certificate_of_the_program(
    server: EmbeddedServer,
    authority: Authority,
    opened: Open,
    tmp_path: Path,
    newest: ssl.TLSVersion,
) -> None:
    context = authority.context()
    context.maximum_version = newest
    context.verify_mode = ssl.CERT_REQUIRED
    authority.ca.configure_trust(context)
    (tmp_path / "other").mkdir()
    stranger = Authority(trustme.CA(), tmp_path / "other")
    with wanting_certificates(context) as port:
        fault = await fault_of(opened(port, Tls(ca=authority.file)))
        assert fault.name == "certificate wanted"
        assert "tls_certificate" in fault.remedy
        chain, key = stranger.client_files()
        fault = await fault_of(opened(port, Tls(ca=authority.file, certificate=chain, key=key)))
        assert fault.name == "certificate refused"
    chain, key = authority.client_files()
    async with terminated(context, server) as port:
        shown = Tls(ca=authority.file, certificate=chain, key=key)
        assert await opened(port, shown).quick.ping()


async def test_tls_holds_for_sentinels_and_for_what_they_name(
    authority: Authority, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.5)
    with SentinelSet(replicas=0, sentinels=1) as topology:
        (inner,) = topology.sentinel_ports
        primary = topology.primary()
        async with (
            terminated(authority.context(), inner) as outer,
            terminated(authority.context(), primary) as shown,
        ):
            form = "rediss+sentinel://127.0.0.1:{port}/pbx/0"
            assert (await fault_of(opened(outer, Tls(), form))).name == "certificate not trusted"
            link = opened(outer, Tls(ca=authority.file), form)
            # What the sentinel names speaks no TLS, and is not spoken to without.
            fault = await fault_of(link)
            assert fault.name == "no answer"
            assert "TLS" in fault.remedy
            finder: Any = link.finder
            assert finder.place == ("127.0.0.1", primary)
            assert await opened(shown, Tls(ca=authority.file)).quick.ping()
