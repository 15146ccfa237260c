"""The program's door. Opening the till, which happens all day, does not wait for the command line's libraries."""

import gc
import sys


def main() -> None:
    """Run ``pos-app``."""
    if len(sys.argv) == 1:
        # Nothing that is loaded now is garbage; the window turns the collector on when it stands.
        gc.disable()
        # Before the package of the commands, which then can take PySide6's import away from all that follows.
        import PySide6.QtCore  # noqa: F401 - imported for what it does to the imports behind it

        from pos_app.command_line.window import open_or_say

        sys.exit(open_or_say())
    from pos_app.command_line.app import app

    app()


if __name__ == "__main__":
    main()
