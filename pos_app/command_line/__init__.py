"""The commands of ``pos-app``: one module a command, thin over the use cases."""

import builtins

# PySide6 puts an import of its own in the place of Python's. It reads the source of all that is imported behind it, to find out whether
# ``from __feature__`` means anything there, and keeps the text: 18 MB, and a tenth of the work of a start. No module of this program
# uses ``__feature__``, so Python gets its own import back. Nothing happens where PySide6 has not been imported before.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
