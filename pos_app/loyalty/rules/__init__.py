"""The rules, one file a kind: each is a pure function of programme, rule and receipt that gives a ``Rating``."""
