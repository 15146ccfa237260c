"""The commands of ``pos-app``."""
