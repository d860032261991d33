"""Statistics and reports on landmines: incidents, casualties, clearance.

`load()` reads a data package; the functions below turn its tables into counts, rates and trends with their
uncertainty; `minestats.plot` draws them; `minestats render` makes the reports. Names are imported when they are
first used, so that `import minestats` costs no more than pandas.

Examples
--------
>>> import minestats as ms
>>> data = ms.load()
>>> print(ms.rate(12, 3.5))
3.43 (1.77 to 5.99)
>>> ms.incidenc
Traceback (most recent call last):
AttributeError: module 'minestats' has no attribute 'incidenc'; did you mean 'incidence'?
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import lazy_loader

__version__ = "0.1.0"

_public, _, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name in __all__:
        return _public(name)
    if not name.startswith("_"):  # a room or a documented module: `ms.rates`, `ms.scope`
        if any(module.name == name for module in iter_modules(__path__)):
            return import_module(f"{__name__}.{name}")
        from minestats.errors import did_you_mean

        raise AttributeError(f"module '{__name__}' has no attribute '{name}'{did_you_mean(name, __all__, before='; ')}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
