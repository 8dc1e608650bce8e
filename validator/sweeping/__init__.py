"""Finds leftover verification files, says why each stayed, removes what was listed."""
