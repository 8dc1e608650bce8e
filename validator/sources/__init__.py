"""From what users hold (JSON, YAML, TOML, Python, ...) to destinations."""
