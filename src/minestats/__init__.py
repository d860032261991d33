"""Statistics and reports on landmines: incidents, casualties, clearance."""

__version__ = "0.1.0"
