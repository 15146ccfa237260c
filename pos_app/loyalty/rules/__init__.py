"""The rules, one file a kind: each makes a rule of a document ready as a ``Kind``."""
