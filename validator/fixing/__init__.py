"""Proposed changes, and writing them into the source."""
