"""A store to hold the promises against: everything that real stores do with versions, markers, locks, conditions and policies."""
