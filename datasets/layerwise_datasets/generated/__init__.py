"""Data made by programs: one module a set, seeded, the same on every machine."""
