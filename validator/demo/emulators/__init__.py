"""Local stand-ins for the four clouds: for the demo and for the tests, never for a verdict about a real cloud."""
