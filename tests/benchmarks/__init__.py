"""Ratios in one run against plain SDK scripts and other tools: ``make bench``. Never a timed assertion."""
