"""Where Azure keeps blobs: its own clouds."""

from __future__ import annotations

from typing import Final

AZURE_SUFFIXES: Final = ("core.windows.net", "core.usgovcloudapi.net", "core.chinacloudapi.cn", "core.cloudapi.de")
"""Azure's own clouds: a login's token goes to no other host, whatever a source says."""
