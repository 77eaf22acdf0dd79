"""Measures both sides of every speed claim in one run, and says which bars hold."""
