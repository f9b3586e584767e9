"""The phone against programs of others: a real Asterisk, and SIP.js in a real browser.

`make interop` runs them; `make test` does not. They need root and Linux, for network namespaces and
a Debian 11 root, which is made once (see `root`), and a mirror of Debian's and of npm's to make it
from. Where something is missing they are skipped, with the reason.
"""
