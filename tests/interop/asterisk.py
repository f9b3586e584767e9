"""A real Asterisk as the PBX.

    with network.separate(), Asterisk(root.asterisk(), extensions, directory) as pbx:
        await pbx.originate("201", "echo")

It runs in the cached root, which it only reads, and at the other end of the network's line. What it
writes is in `directory`. It ends with this process.
"""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import trustme

from tests.interop import configuration, network
from tests.interop.configuration import Extension

_MOUNTED = "/srv"
"""Where, in its root, the directory is that it may write to."""

_START = """
set -e
echo here
read -r connected
ip link set lo up
ip address add "$1" dev "$2"
ip link set "$2" up
mount --bind "$3" "$4$5"
exec chroot "$4" /usr/sbin/asterisk -C "$5/etc/asterisk.conf" -f -n >/dev/null </dev/null
"""
"""Waits until the line is there, and becomes Asterisk, so that one process is to be ended."""

_PATIENCE = 30.0
"""Seconds; it starts in one or two."""


class AsteriskError(Exception):
    """Asterisk does not start, or does not do what it is told."""


class Asterisk:
    """A PBX with some extensions."""

    def __init__(self, root: Path, extensions: Sequence[Extension], directory: Path) -> None:
        self._root, self._extensions, self._directory = root, tuple(extensions), directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ws(self) -> str:
        """Where it speaks SIP over WebSocket."""
        return f"ws://{network.PBX}:{configuration.HTTP_PORT}/ws"

    @property
    def wss(self) -> str:
        """Where it does behind TLS, with a certificate of `ca`."""
        return f"wss://{network.PBX}:{configuration.HTTPS_PORT}/ws"

    @property
    def ca(self) -> Path:
        """The certificate of the authority that has issued its own."""
        return self._directory / "ca.pem"

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self._directory / "log" / "messages").read_text(errors="replace")

    def __enter__(self) -> Self:
        self._configure()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, the first time or again; return when it serves."""
        with (self._directory / "stderr").open("wb") as complaints:
            self._process = subprocess.Popen(
                (
                    *("setpriv", "--pdeathsig", "KILL"),
                    *("unshare", "--net", "--mount", "sh", "-c", _START, "start"),
                    *(f"{network.PBX}/24", network.PBX_LINK),
                    *(self._directory, self._root, _MOUNTED),
                ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        try:
            self._connect(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it at once: what was registered is told nothing."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate()
        network.disconnect()

    def console(self, command: str) -> str:
        """Return what its console answers, as to "pjsip show contacts"."""
        done = self._console(command)
        if done.returncode:
            raise AsteriskError(f"{command}: {done.stdout}{done.stderr}{self._complaints}")
        return done.stdout

    async def ask(self, command: str) -> str:
        """Return what its console answers, while the loop goes on."""
        return await asyncio.to_thread(self.console, command)

    async def originate(self, extension: str, to: str) -> None:
        """Have it call an extension and, once that answers, what it would reach by dialling `to`.

        That is a room of the dialplan, or another extension, as click2dial does it.
        """
        await self.ask(f"channel originate PJSIP/{extension} extension {to}@phones")

    async def originate_by_caller(self, extension: str, to: str) -> None:
        """Do the same in the name of somebody from outside: `configuration.CALLER`."""
        await self.ask(f"channel originate Local/{extension}@callers extension {to}@phones")

    async def hang_up(self) -> None:
        """End all calls."""
        await self.ask("channel request hangup all")

    async def contacts(self, extension: str) -> int:
        """Return how many user agents are registered for an extension."""
        shown = await self.ask("pjsip show contacts")
        return shown.count(f" {extension}/sip:")

    async def is_quiet(self) -> bool:
        """Say whether there are no calls."""
        return (await self.ask("core show channels count")).startswith("0 active channels")

    @contextlib.contextmanager
    def unplugged(self) -> Iterator[None]:
        """Have nothing come through to it or from it meanwhile, and nobody told so."""
        self._link("down")
        try:
            yield
        finally:
            self._link("up")

    def _configure(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        issued = authority.issue_cert(network.PBX)
        issued.private_key_and_cert_chain_pem.write_to_path(self._directory / "tls.pem")
        for name in ("etc", "lib", "spool", "run", "log"):
            (self._directory / name).mkdir(exist_ok=True)
        texts = configuration.files(self._extensions, _MOUNTED, f"{_MOUNTED}/tls.pem")
        for name, text in texts.items():
            (self._directory / "etc" / name).write_text(text)

    def _connect(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        if not process.stdout.readline():
            raise AsteriskError(self._complaints)
        network.connect(process.pid)
        process.stdin.write(b"connected\n")
        process.stdin.flush()
        until = time.monotonic() + _PATIENCE
        while self._console("core waitfullybooted").returncode:
            if process.poll() is not None or time.monotonic() > until:
                raise AsteriskError(f"it has not started: {self._complaints}")
            time.sleep(0.05)

    def _console(self, command: str) -> "subprocess.CompletedProcess[str]":
        assert self._process is not None
        return subprocess.run(
            (
                *("chroot", f"/proc/{self._process.pid}/root", "/usr/sbin/asterisk"),
                *("-C", f"{_MOUNTED}/etc/asterisk.conf", "-rx", command),
            ),
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )

    def _link(self, state: str) -> None:
        assert self._process is not None
        entered = ("nsenter", "--target", str(self._process.pid), "--net")
        subprocess.run((*entered, "ip", "link", "set", network.PBX_LINK, state), check=True)

    @property
    def _complaints(self) -> str:
        return (self._directory / "stderr").read_text(errors="replace").strip()
