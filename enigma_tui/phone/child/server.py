"""What the media process does for each thing it is asked."""

import asyncio
import contextlib
from typing import BinaryIO, Self

from ..media_messages import (
    Answer,
    Done,
    HangUp,
    Hold,
    Levels,
    MediaConfig,
    Mute,
    Offered,
    Refused,
    Request,
    Told,
    line,
)
from ..offer import UnsuitableError
from .call import Call, CallError
from .jitter import use_for_sound


class Server:
    """One phone's calls, one at a time."""

    def __init__(self, output: asyncio.WriteTransport, config: MediaConfig) -> None:
        """Serve with a configuration; `Server.open` is what others call."""
        self._output = output
        self._config = config
        self._call: Call | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, output: BinaryIO, config: MediaConfig) -> Self:
        """Serve, and write what there is to tell to a pipe."""
        use_for_sound()
        loop = asyncio.get_running_loop()
        # A transport: a board that does not read for a while must not stop the sound.
        transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, output)
        return cls(transport, config)

    def take(self, request: Request) -> None:
        """Do what is asked, while others may ask something else: to hang up, for instance."""
        task = asyncio.create_task(self._answer(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End the call, if there is one."""
        await self._hang_up()

    async def _answer(self, request: Request) -> None:
        number = request.number
        try:
            self._tell(Done(number, await self._do(request)))
        except UnsuitableError as error:
            self._tell(Refused(number, str(error), unsuitable=True))
        except CallError as error:
            self._tell(Refused(number, str(error)))
        except Exception as error:
            # Whatever goes wrong in a library; its text may hold what is nobody's business.
            self._tell(Refused(number, f"The media process failed ({type(error).__name__})."))

    async def _do(self, request: Request) -> str:
        match request:
            case Offered(_, sdp):
                if self._call:
                    raise CallError("There is a call already; end it first.")
                self._call = call = Call(self._config, self._tell)
                try:
                    await call.offered(sdp)
                except BaseException:
                    if self._call is call:
                        await self._hang_up()
                    raise
            case Answer():
                return await self._the_call().answer()
            case Mute(_, on):
                self._the_call().mute(on)
            case Hold(_, on):
                self._the_call().hold(on)
            case HangUp():
                await self._hang_up()
        return ""

    def _the_call(self) -> Call:
        if self._call is None:
            raise CallError("There is no call.")
        return self._call

    async def _hang_up(self) -> None:
        call, self._call = self._call, None
        if call:
            with contextlib.suppress(Exception):
                await call.close()

    def _tell(self, message: Told) -> None:
        if isinstance(message, Levels) and self._output.get_write_buffer_size():
            return  # nobody reads: what is stale by then need not wait
        self._output.write(line(message))
