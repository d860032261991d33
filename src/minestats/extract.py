"""The documented door to `minestats.articles`: news articles become candidate rows for a person to confirm."""

from __future__ import annotations

from minestats.articles.extraction import COLUMNS, extract, to_csv

__all__ = ["COLUMNS", "extract", "to_csv"]
