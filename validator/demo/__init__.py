"""The check on local emulators, and the emulators."""
