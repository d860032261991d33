"""Where the data, notebooks and mappings that come with minestats are.

The wheel carries them inside the package; a checkout has them at its top. Nothing else in the package knows
the difference.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def bundle_dir(name: str) -> Path:
    """Return the folder `name` ("data", "notebooks", "mappings") that comes with the package.

    Raises
    ------
    FileNotFoundError
        The installation is incomplete.

    Examples
    --------
    >>> (bundle_dir("data") / "datapackage.json").is_file()
    True
    """
    places = [_HERE / "bundle" / name, _HERE.parents[1] / name]
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the folder '{name}' that comes with minestats is missing; install the package again")
