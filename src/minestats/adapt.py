"""The documented door to `minestats.registers`: foreign registers become the tables, by a mapping."""

from __future__ import annotations

from minestats.registers.build import convert, read_hxl

__all__ = ["convert", "read_hxl"]
