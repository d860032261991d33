"""Draw the pictures of README.md and docs/ from the bundled data: `make pictures`."""

from __future__ import annotations

from pathlib import Path

import minestats as ms
from minestats import plot, words
from minestats.rates import dispersion
from minestats.scope import scope

HERE = Path(__file__).resolve().parent / "images"


def main() -> None:
    """Write clearance.png and rates.png beside this file, in `images/`."""
    here = scope(ms.load())
    monthly = ms.monthly_clearance(here.clearance, operator="all")
    phi = dispersion(ms.casualty_sizes(here.incidents)["casualties"])
    steps = ms.interval_rates(here.totals, value="victims", dispersion=phi)
    pictures = {
        "clearance": plot.clearance(
            monthly,
            title="Azerbaijan: hectares reported as cleared each month, all operators",
            source=f"minestats, {len(here.clearance)} published statements, as of {words.day(here.as_of)}",
        ),
        "rates": plot.rates(
            steps,
            unit="casualties",
            title="Azerbaijan: casualties a year between official totals",
            source=f"minestats, {len(steps)} stretches between totals, 95 % intervals, dispersion {phi:.2f}",
        ),
    }
    HERE.mkdir(exist_ok=True)
    for name, ax in pictures.items():
        (HERE / f"{name}.png").write_bytes(plot.png(ax))


if __name__ == "__main__":
    main()
