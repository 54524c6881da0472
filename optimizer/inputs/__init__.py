"""Typed frames to one frozen, checked case. Knows tables, not models."""
