"""The commands of ``pos-app``: one module a command, thin over the use cases."""
