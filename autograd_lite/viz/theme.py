"""Dark colours for what is drawn in light ones: in DOT, in an SVG, or as the reader's system is."""

from __future__ import annotations

import re

from .cells import BACKWARD, FORWARD, TINTS, tint

THEMES = ("auto", "light", "dark")

_NIGHT = "#0D1117"
_HUES = {FORWARD: "#58B4E8", BACKWARD: "#FF9640"}

# What each colour of the light palette becomes. Ink and paper change places, so a dark band with
# white words becomes a light band with dark ones.
_DARK = {
    "#FFFFFF": _NIGHT, "#1B1F24": "#E6EDF3", "#57606A": "#9DA7B3", "#D0D7DE": "#30363D",
    **_HUES, "#B34E00": "#FFB077", "#CFE8F7": "#123451", "#E8ECEF": "#21262D",
    "#FAFBFC": "#161B22", "#F6F8FA": "#151B23", "#9A6700": "#E3B341", "#FBE3A6": "#3B2E0A",
    "#000000": "#F0F6FC", "#3B4994": "#9DAAF2", "#B3C0E6": "#3A4A86", "#FDB863": "#7A4B12",
    "#B35806": "#F0883E", "#00664B": "#3FB68B", "#F3C9AE": "#5C3317",
}  # fmt: skip


def _mixed(hue: str, share: float) -> str:
    amount = 0.10 + 0.45 * share
    parts = [(int(_NIGHT[i : i + 2], 16), int(hue[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(n + (h - n) * amount):02X}" for n, h in parts)


def dark_colors() -> dict[str, str]:
    """Every light colour of the pictures and the dark one in its place."""
    found = dict(_DARK)
    for light, night in _HUES.items():
        for k in range(TINTS + 1):
            found[tint(light, k / TINTS)] = _mixed(night, k / TINTS)
    return found


def darkened(dot: str) -> str:
    """DOT in dark colours.

    >>> darkened('n0 [color="#1B1F24"]')
    'n0 [color="#E6EDF3"]'
    """
    colors = dark_colors()
    return re.sub(r'="(#[0-9A-F]{6})"', lambda found: f'="{colors.get(found[1], found[1])}"', dot)


def adaptive(svg: str) -> str:
    """An SVG in light colours, with a style that gives it dark ones where the system is dark."""
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]{6}|black|white)"', svg))
    names = {"black": "#000000", "white": "#FFFFFF"}
    colors = dark_colors()
    rules = []
    for color in sorted(used):
        night = colors.get(names.get(color, color).upper())
        if night is not None:
            rules.append(f'[fill="{color}"]{{fill:{night}}}[stroke="{color}"]{{stroke:{night}}}')
    # Text without a colour of its own is black by SVG's own rule.
    rules.append(f"text:not([fill]){{fill:{colors['#1B1F24']}}}")
    style = f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"
    head = svg.index(">", svg.index("<svg")) + 1
    return svg[:head] + "\n" + style + svg[head:]
