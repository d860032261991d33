"""The data of one country: found, read, checked, and held together as a `Dataset`."""

from __future__ import annotations

from minestats.data.dataset import Dataset
from minestats.data.loading import load
from minestats.data.package import refresh_package

__all__ = ["Dataset", "load", "refresh_package"]
