"""Sections of a report, one a module; each holds ``SECTION``."""
