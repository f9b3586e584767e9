"""The program's own colours. A word or a mark stands beside every one of them."""

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="enigma-dark",
    primary="#6fb1e0",
    secondary="#9aa7b4",
    accent="#e0b062",
    foreground="#d8dee4",
    background="#11161b",
    surface="#161d24",
    panel="#1f2831",
    success="#7cc48c",
    warning="#e6c15c",
    error="#f0807a",
    dark=True,
    variables={
        "border": "#3c4a57",
        "footer-key-foreground": "#e0b062",
        "block-cursor-background": "#2b4a66",
        "block-cursor-foreground": "#ffffff",
        "input-selection-background": "#2b4a66",
    },
)

LIGHT = Theme(
    name="enigma-light",
    primary="#1d5f94",
    secondary="#5a6672",
    accent="#8a5a00",
    foreground="#1b2127",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e7e4dc",
    success="#1f6b35",
    warning="#7d5700",
    error="#b02a24",
    dark=False,
    variables={
        "border": "#aeb4ba",
        "footer-key-foreground": "#8a5a00",
        "block-cursor-background": "#c3dcf0",
        "block-cursor-foreground": "#10161c",
        "input-selection-background": "#c3dcf0",
    },
)

OWN = (DARK, LIGHT)

NAMES = (*(theme.name for theme in OWN), *BUILTIN_THEMES)
"""Every name that the setting `theme` may have."""
