"""Counts what a FusionAuth instance reports about itself, independently, and leaves a report an auditor can check."""

__version__ = "0.4.0"
