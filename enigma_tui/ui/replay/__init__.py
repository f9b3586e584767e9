"""The board on what has been: the same screen, over a time that somebody plays."""
