"""What the PBX of the tests is told: its two extensions, its dialplan, where it writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

HTTP_PORT, HTTPS_PORT = 8088, 8089
"""Those of PROTOCOL.md §6."""

TONE_HZ = 1000
"""What the dialplan's tone has."""

CALLER = '"Nomsa Dlamini" <0821234567>'
"""Who calls through the dialplan's context `callers`."""

_MODULES = (
    # Signalling.
    *("res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_pjproject"),
    *("res_http_websocket", "res_pjsip", "res_pjsip_transport_websocket", "res_pjsip_registrar"),
    *("res_pjsip_authenticator_digest", "res_pjsip_outbound_authenticator_digest"),
    *("res_pjsip_endpoint_identifier_user", "res_pjsip_session", "res_pjsip_sdp_rtp"),
    *("res_pjsip_caller_id", "res_pjsip_nat", "res_pjsip_rfc3326", "res_pjsip_dlg_options"),
    *("res_pjsip_logger", "res_pjsip_header_funcs", "res_pjsip_dtmf_info", "chan_pjsip"),
    *("res_pjsip_pubsub", "res_pjsip_mwi", "res_pjsip_mwi_body_generator"),
    # Media.
    *("res_crypto", "res_srtp", "res_rtp_asterisk", "res_timing_timerfd", "res_format_attr_opus"),
    *("codec_opus_open_source", "codec_ulaw", "codec_alaw", "codec_resample", "format_pcm"),
    *("bridge_simple", "bridge_native_rtp", "bridge_softmix", "res_musiconhold"),
    # The dialplan.
    *("pbx_config", "app_dial", "app_echo", "app_playtones", "app_stack", "func_channel"),
    *("func_callerid", "res_clioriginate"),
)

_DIRECTORIES = {
    "astetcdir": "etc",
    "astvarlibdir": "lib",
    "astdbdir": "lib",
    "astkeydir": "lib",
    "astspooldir": "spool",
    "astrundir": "run",
    "astlogdir": "log",
}

EXTENSIONS = """
; What a call is connected to that has no other phone at its end.
[rooms]
exten => echo,1,Answer()
 same => n,Echo()
exten => tone,1,Answer()
 same => n,Playtones({tone})
 same => n,Wait(120)
exten => brief,1,Answer()
 same => n,Playtones({tone})
 same => n,Wait(1)
 same => n,Hangup(16)

; A caller with a number and a name, through Local/201@callers.
[callers]
exten => _20X,1,Set(CALLERID(all)={caller})
 same => n,Dial(PJSIP/${{EXTEN}},30)

; What a phone may dial.
[phones]
exten => _20X,1,Dial(PJSIP/${{EXTEN}},30)
exten => _[a-z].,1,Goto(rooms,${{EXTEN}},1)
"""

PJSIP_HEAD = """
[global]
type=global
user_agent=Asterisk

[transport-ws]
type=transport
protocol=ws
bind=0.0.0.0

[transport-wss]
type=transport
protocol=wss
bind=0.0.0.0
"""


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension for a WebRTC phone."""

    number: str
    password: str
    codecs: str = "opus,ulaw"
    endpoint: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further settings of its section of type endpoint, as {"timers": "always"}."""
    aor: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further settings of its section of type aor, as {"qualify_frequency": "1"}."""

    @property
    def sections(self) -> str:
        """Its sections of pjsip.conf."""
        endpoint = {
            "webrtc": "yes",
            "context": "phones",
            "disallow": "all",
            "allow": self.codecs,
            "auth": self.number,
            "aors": self.number,
            "callerid": f'"Extension {self.number}" <{self.number}>',
            **self.endpoint,
        }
        auth = {"auth_type": "userpass", "username": self.number, "password": self.password}
        aor = {"max_contacts": "1", "remove_existing": "yes", **self.aor}
        return "".join(
            _section(self.number, {"type": kind, **settings})
            for kind, settings in (("endpoint", endpoint), ("auth", auth), ("aor", aor))
        )


def files(extensions: tuple[Extension, ...], directory: str, tls: str) -> Mapping[str, str]:
    """Return the text of each file of Asterisk's configuration.

    `directory` is where it may write, `tls` the file with its certificate and key.
    """
    modules = "".join(f"load={name}.so\n" for name in _MODULES)
    places = {name: f"{directory}/{place}" for name, place in _DIRECTORIES.items()}
    http = {
        **{"enabled": "yes", "bindaddr": "0.0.0.0", "bindport": str(HTTP_PORT)},
        **{"tlsenable": "yes", "tlsbindaddr": f"0.0.0.0:{HTTPS_PORT}"},
        **{"tlscertfile": tls, "tlsprivatekey": tls},
    }
    return {
        "asterisk.conf": _section("directories", places) + _section("options", {"verbose": "3"}),
        "modules.conf": f"[modules]\nautoload=no\n{modules}",
        "logger.conf": _section("logfiles", {"messages": "notice,warning,error,verbose"}),
        "http.conf": _section("general", http),
        "rtp.conf": _section("general", {"rtpstart": "10000", "rtpend": "10199"}),
        "extensions.conf": EXTENSIONS.format(tone=TONE_HZ, caller=CALLER),
        "pjsip.conf": PJSIP_HEAD + "".join(each.sections for each in extensions),
        # Without these files some of the modules complain at each start.
        **dict.fromkeys(("pjproject.conf", "musiconhold.conf", "codecs.conf", "features.conf"), ""),
    }


def _section(name: str, settings: Mapping[str, str]) -> str:
    return "".join((f"[{name}]\n", *(f"{key}={value}\n" for key, value in settings.items()), "\n"))
