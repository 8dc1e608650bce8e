"""The preflight itself: lint, rehearse, perform, diagnose, report."""
