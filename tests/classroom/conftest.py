from small_course import course, handed_in, small_course  # noqa: F401  (fixtures)
