"""Words and what every room needs; imports no other room."""
