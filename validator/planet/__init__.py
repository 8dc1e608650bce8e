"""Handing a checked destination over to Planet's Destinations API."""
