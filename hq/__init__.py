"""Headquarters: the service that tills sync with, and its pages."""
