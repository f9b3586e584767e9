"""A server behind TLS: the embedded one speaks none, so a proxy in the test does."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from enigma_tui.demo.embedded import EmbeddedServer


@dataclass(frozen=True, slots=True)
class Authority:
    """Somebody who issues certificates, with the files that settings name."""

    ca: trustme.CA
    directory: Path

    @property
    def file(self) -> Path:
        """Its own certificate."""
        path = self.directory / "ca.pem"
        self.ca.cert_pem.write_to_path(path)
        return path

    def context(self, host: str = "127.0.0.1", *, expired: bool = False) -> ssl.SSLContext:
        """Return what a server with a certificate for `host` needs."""
        until = datetime.now(UTC) - timedelta(days=1) if expired else None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(host, not_after=until).configure_cert(context)
        return context

    def client_files(self) -> tuple[Path, Path]:
        """Return a certificate of a program, and its key."""
        issued = self.ca.issue_cert("board@pbx.example")
        chain, key = self.directory / "board.pem", self.directory / "board.key"
        issued.cert_chain_pems[0].write_to_path(chain)
        issued.private_key_pem.write_to_path(key)
        return chain, key


@asynccontextmanager
async def terminated(context: ssl.SSLContext, to: EmbeddedServer | int) -> AsyncIterator[int]:
    """Speak TLS at a port of loopback, which is yielded, and without it to a server."""
    tasks: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        if isinstance(to, int):
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", to)
        else:
            path = to.url.removeprefix("unix://")
            inner_reader, inner_writer = await asyncio.open_unix_connection(path)
        try:
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, inner_writer):
                end.transport.abort()
            tasks.discard(task)

    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    # A handshake that fails is what some tests want, and nothing to report.
    loop.set_exception_handler(lambda *_: None)
    server = await asyncio.start_server(carry, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        loop.set_exception_handler(before)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


@contextmanager
def wanting_certificates(context: ssl.SSLContext) -> Iterator[int]:
    """Shake hands at a port, which is yielded, as OpenSSL does: what it refuses, it says why.

    asyncio's server closes without a word.
    """

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            # A socket that `wrap_socket` shakes hands with is closed when that fails: with what the
            # client had sent unread, its system would throw away the word it was told.
            with (
                context.wrap_socket(line, server_side=True, do_handshake_on_connect=False) as inner,
                suppress(OSError),
            ):
                try:
                    inner.do_handshake()
                except ssl.SSLError:
                    inner.shutdown(socket.SHUT_WR)
                    while inner.recv(4096):
                        pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
