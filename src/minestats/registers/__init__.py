"""From a foreign register to the tables, one step a module; `minestats.adapt` is the door.

mapping (what the analyst wrote) -> reading (cells as written) -> dates, numbers, places, people (one column
each) -> build (tables) -> checks and expectations. Everything that is repaired, dropped or refused on the way is
a finding.
"""
