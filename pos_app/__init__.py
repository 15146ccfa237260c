"""The till's brain: no Qt and no SQL in here."""

__version__ = "0.1.0"
