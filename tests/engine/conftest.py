from small_course import course, small_course  # noqa: F401  (fixtures)
