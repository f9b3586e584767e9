"""A live call monitor in the terminal for PBXs that speak the Enigma (Teleforge) protocol."""

__version__ = "0.1.0"
