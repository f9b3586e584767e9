"""A sound card as sounddevice shows one: what its headset plays, its microphone hears.

On its own clock, in threads of its own, as PortAudio's are. `NOTHING` in the environment takes
the devices out, `BUSY` has them refuse.
"""

import os
import threading
from collections import deque

DEVICES = [
    {"index": 0, "name": "Headset \x1b[31mX", "max_input_channels": 1, "max_output_channels": 2},
    {"index": 1, "name": "Screen", "max_input_channels": 0, "max_output_channels": 2},
]
CABLE = deque(maxlen=50)


class PortAudioError(Exception):
    pass


def query_devices(device=None, kind=None):
    there = [] if "NOTHING" in os.environ else DEVICES
    if kind is None:
        return there
    found = [
        one
        for one in there
        if one[f"max_{kind}_channels"] and (device is None or device.lower() in one["name"].lower())
    ]
    if not found:
        raise ValueError("none") if device else PortAudioError("none")
    return found[0]


class _Stream:
    def __init__(self, samplerate, blocksize, device, channels, dtype, latency, callback):
        assert (samplerate, channels, dtype, type(device)) == (48_000, 1, "int16", int)
        if "BUSY" in os.environ:
            raise PortAudioError("Device unavailable")
        self.block = bytearray(2 * blocksize)
        self.frames = blocksize
        self.seconds = blocksize / samplerate
        self.callback = callback
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def start(self):
        self.thread.start()

    def close(self):
        self.ends.set()
        self.thread.join()

    def run(self):
        while not self.ends.wait(self.seconds):
            self.turn(memoryview(self.block))


class RawInputStream(_Stream):
    def turn(self, block):
        block[:] = CABLE.popleft() if CABLE else bytes(len(block))
        self.callback(block, self.frames, None, None)


class RawOutputStream(_Stream):
    def turn(self, block):
        self.callback(block, self.frames, None, None)
        CABLE.append(bytes(block))
