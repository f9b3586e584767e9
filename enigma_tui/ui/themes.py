"""The program's own colours. A word or a mark stands beside every one of them.

What is read has a contrast of at least 4.5:1 to what it stands on, and in `HIGH_CONTRAST` of 7:1
(WCAG 2.2, 1.4.3 and 1.4.6); dimmed text as well.
"""

from collections.abc import Mapping

from textual.theme import BUILTIN_THEMES, Theme

DIMMED = 0.75
"""What dimmed text keeps of its colour; with Textual's half of it, it is hard to read."""

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
        "text-disabled": "#9aa7b4",
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
        "text-disabled": "#4f5a65",
    },
)

HIGH_CONTRAST = Theme(
    name="enigma-high-contrast",
    primary="#8ad4ff",
    secondary="#d6d6d6",
    accent="#ffc266",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#7dff9b",
    warning="#ffee33",
    error="#ffa39c",
    dark=True,
    variables={
        "border": "#a8a8a8",
        "footer-key-foreground": "#ffc266",
        "block-cursor-background": "#ffffff",
        "block-cursor-foreground": "#000000",
        "input-selection-background": "#004a80",
        "text-disabled": "#d6d6d6",
        # Turned round, it is not one coloured word among others.
        "critical-style": "bold reverse",
    },
)

COLOUR_BLIND = Theme(
    name="enigma-colour-blind",
    # The hues are those of Okabe and Ito (Color Universal Design, 2008), as light as a dark
    # ground wants them. What is live is blue and light, what needs somebody yellow or orange,
    # who hung up violet and dark: they differ where red and green do not, and by how light they
    # are where blue and yellow do not.
    primary="#3fc9a8",
    secondary="#98a2ac",
    accent="#e6a0c4",
    foreground="#e4e9ee",
    background="#0e1318",
    surface="#141b22",
    panel="#1c252e",
    success="#6cd0ff",
    warning="#f0e442",
    error="#ee6a1f",
    dark=True,
    variables={
        "border": "#42515f",
        "footer-key-foreground": "#e6a0c4",
        "block-cursor-background": "#2a4b6b",
        "block-cursor-foreground": "#ffffff",
        "input-selection-background": "#2a4b6b",
        "text-disabled": "#98a2ac",
        "abandoned": "#b06cff",
    },
)

OWN = (DARK, LIGHT, HIGH_CONTRAST, COLOUR_BLIND)

ABOUT: Mapping[str, str] = {
    DARK.name: "Light on dark",
    LIGHT.name: "Dark on light",
    HIGH_CONTRAST.name: "White on black, nothing faint",
    COLOUR_BLIND.name: "Blue, yellow and orange in place of green and red",
}
"""What is to be said of each."""

NAMES = (*(theme.name for theme in OWN), *BUILTIN_THEMES)
"""Every name that the setting `theme` may have."""


def usual_variables(theme: Theme) -> dict[str, str]:
    """Return the variables of the styles that are ours, for themes that do not have them."""
    return {
        "abandoned": theme.error or theme.secondary or theme.primary,
        "critical-style": "bold",
    }
