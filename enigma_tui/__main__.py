"""`python -m enigma_tui`."""

from .cli import main

main()
