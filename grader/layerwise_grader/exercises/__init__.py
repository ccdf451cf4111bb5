"""Every exercise of the course, one file a chapter."""
