"""How colours look to people: contrast, and how far apart two are for whoever sees no red, no green
or no blue.
"""

import math
from collections.abc import Mapping, Sequence

Rgb = Sequence[float]
"""Red, green and blue, each from 0 to 1."""

SIGHTS: Mapping[str, Sequence[Rgb]] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""What becomes of linear red, green and blue (Machado, Oliveira and Fernandes 2009, severity 1)."""


def _dot(one: Rgb, other: Rgb) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def linear(rgb: Rgb) -> Rgb:
    """Take the curve of sRGB off (IEC 61966-2-1)."""
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]


def luminance(rgb: Rgb) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    return _dot((0.2126, 0.7152, 0.0722), linear(rgb))


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio (WCAG 2.2), from 1 to 21."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def seen(rgb: Rgb, sight: str) -> Rgb:
    """Return a colour in CIE L*a*b* (D65) as it is to somebody."""
    made = linear(rgb)
    r, g, b = (min(1.0, max(0.0, _dot(row, made))) for row in SIGHTS[sight])
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (
        t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one: Rgb, other: Rgb) -> float:
    """Return how different two colours in L*a*b* look: CIEDE2000; 1 is just noticed."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_c = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    (c1, h1), (c2, h2) = (
        (math.hypot((1 + g) * a, b), math.degrees(math.atan2(b, (1 + g) * a)) % 360)
        for a, b in ((a1, b1), (a2, b2))
    )
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = h1 + turn / 2 if c1 * c2 else h1 + h2

    def wave(times: int, shift: float) -> float:
        return math.cos(math.radians(times * mean_h + shift))

    t = 1 - 0.17 * wave(1, -30) + 0.24 * wave(2, 0) + 0.32 * wave(3, 6) - 0.20 * wave(4, -63)
    around_blue = math.exp(-((((mean_h % 360) - 275) / 25) ** 2))
    rotated = -2 * math.sqrt(mean_c**7 / (mean_c**7 + 25**7))
    rotated *= math.sin(math.radians(60 * around_blue))
    light = (l2 - l1) / (1 + 0.015 * (mean_l - 50) ** 2 / math.sqrt(20 + (mean_l - 50) ** 2))
    chroma = (c2 - c1) / (1 + 0.045 * mean_c)
    hue = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2)) / (1 + 0.015 * mean_c * t)
    return math.sqrt(light**2 + chroma**2 + hue**2 + rotated * chroma * hue)
