"""The worked example of docs/guides/provider.md: a store that keeps its objects in memory. Not registered: no user has one."""
