"""The commands of `enigma-tui`; each turns settings into parts and holds no logic."""

from .main import main

__all__ = ["main"]
