"""Line charts as SVG: few points, named below, one line a series. Plain enough to be read in a difference."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 110, 40, 40
COLOURS = ("#1b6ca8", "#d1495b", "#2e8b57", "#8d5a97")
STEPS = 4
"""Lines across, above the zero line."""


def lines(title: str, points: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Return a chart of some series over the same points, from zero up."""
    top = _above(max(max(values) for values in series.values()))
    body = [_text(WIDTH / 2, TOP / 2, title, anchor="middle", size=14), *_grid(top), *_names(points)]
    for index, (name, values) in enumerate(series.items()):
        body += _line(name, values, top, COLOURS[index % len(COLOURS)])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', *body, "</svg>\n"])


def _above(highest: float) -> float:
    """Return a round number not below the highest: 1, 2, 4 or 8 times a power of ten."""
    power = 10.0 ** (len(str(int(highest))) - 1)
    return next(power * factor for factor in (1, 2, 4, 8, 10) if power * factor >= highest)


def _grid(top: float) -> list[str]:
    drawn = []
    for step in range(STEPS + 1):
        value = top * step / STEPS
        y = _y(value, top)
        drawn.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        drawn.append(_text(LEFT - 8, y + 4, f"{value:,g}", anchor="end"))
    return drawn


def _names(points: Sequence[str]) -> list[str]:
    y = HEIGHT - BOTTOM + 18
    return [_text(_x(index, len(points)), y, name, anchor="middle") for index, name in enumerate(points)]


def _line(name: str, values: Sequence[float], top: float, colour: str) -> list[str]:
    places = [(_x(index, len(values)), _y(value, top)) for index, value in enumerate(values)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    last_x, last_y = places[-1]
    label = _text(last_x + 8, last_y + 4, name, colour=colour)
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, label]


def _text(x: float, y: float, said: str, *, anchor: str = "start", size: int = 12, colour: str = "#333") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(said)}</text>'
    )


def _x(index: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (index / (count - 1) if count > 1 else 0.5)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top
