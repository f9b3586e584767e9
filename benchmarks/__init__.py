"""Measures what the program promises, against peers that do the same work in the same run."""
