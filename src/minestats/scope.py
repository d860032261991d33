"""The documented door to what one report is about; it lives in `minestats.report`."""

from __future__ import annotations

from minestats.report.subject import ALL, Scope, scope

__all__ = ["ALL", "Scope", "scope"]
