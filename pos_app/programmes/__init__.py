"""The programmes that ship with the till: one commented TOML file each, for a manager to copy and change."""

from importlib.resources import files

from pos_app.errors import InputError

SCHEMA_FILE = "programme.schema.json"
"""What editors check programme files by; it may lie beside them and is none itself."""
_SUFFIX = ".toml"


def preset_names() -> tuple[str, ...]:
    """The names of the shipped programmes, in alphabetical order."""
    names = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def preset_text(name: str) -> str:
    """The document of a shipped programme; raises ``InputError`` for a name that does not ship."""
    if name not in preset_names():
        raise InputError(
            "programme.unknown_preset",
            what=f"There is no shipped programme {name!r}.",
            safe="Nothing was changed.",
            todo=f"Choose one of: {', '.join(preset_names())}.",
        )
    return (files(__name__) / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def schema_text() -> str:
    """The JSON Schema of programme files, for editors."""
    return (files(__name__) / SCHEMA_FILE).read_text(encoding="utf-8")
