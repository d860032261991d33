"""The parts of `minestats.extract`: text, words, dates, places, and one module for each kind of candidate."""
