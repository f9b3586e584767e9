"""A phone: the PBX's WebRTC invite to an extension, answered from the terminal.

From v3.0.0 the reference describes a second channel beside the notification: SIP over WebSocket
(RFC 7118) to the agent's extension. It comes with the extra `enigma-tui[phone]`; nothing here is
imported without it.
"""
