"""Receipts: the facts, the document that they are laid out to, and its renderings (text, PDF, ESC/POS)."""
