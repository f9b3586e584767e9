"""The media process: one call at a time, as the phone at its standard input says.

It alone imports aiortc, and sounddevice once a call needs a device.
"""
