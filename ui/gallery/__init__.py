"""Pictures of the screen for the documentation, made from a real till with a small shop in it: ``python -m ui.gallery --out DIR``."""
