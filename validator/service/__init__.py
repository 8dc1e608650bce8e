"""The check over HTTP, with its page."""
