"""The programmes that a till runs: read from the manager's folder, kept in the database under their hash."""

from pathlib import Path

import msgspec

from pos_app.errors import ProgrammeError
from pos_app.loyalty.plan import plan_for
from pos_app.loyalty.programme import (
    Programme,
    ProgrammeSet,
    decode_programme,
    encode_programme,
    parse_programme,
    programme_set,
)
from pos_app.programmes import SCHEMA_FILE, preset_text

FILES_MAX = 32


class NotTextError(ProgrammeError):
    """A programme file that is not text in UTF-8."""


def read_folder(folder: Path) -> tuple[Programme, ...]:
    """Every ``*.toml`` and ``*.json`` programme in a folder; raises ``ProgrammeError`` that names file, line and reason."""
    return tuple(read_file(path) for path in files_in(folder))


def files_in(folder: Path) -> list[Path]:
    """The programme files in a folder, by their names; raises ``ProgrammeError`` where there is none, or too many are in it."""
    if not folder.is_dir():
        raise _refused(f"There is no folder {folder} of programmes.")
    files = sorted(path for path in folder.glob("*") if path.suffix in {".toml", ".json"} and path.name != SCHEMA_FILE)
    if len(files) > FILES_MAX:
        raise _refused(f"The folder {folder.name} holds more than {FILES_MAX} programme files.")
    return files


def read_file(path: Path) -> Programme:
    """One programme file."""
    return parse_programme(read_text(path), source=path.name)


def read_text(path: Path) -> str:
    """The text of a programme file; raises ``ProgrammeError`` where it cannot be read, ``NotTextError`` where it is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(f"{path.name} is not a text file in UTF-8.", NotTextError) from error
    except OSError as error:
        raise _refused(f"{path.name} cannot be read ({error.strerror}).") from error


def text_named(name: str) -> str:
    """The text of a programme file, or of a shipped programme by its name; raises ``PosError`` for what is neither."""
    return read_text(Path(name)) if "." in name or Path(name).is_file() else preset_text(name)


def burn_issuer(programmes: ProgrammeSet, business_date: str, store_id: str = "") -> str:
    """Whose points are burned on this day in this store: those of the programme that the engine burns by, else of the first that runs."""
    plan = plan_for(programmes, business_date, store_id)
    running = plan.burner or next(iter(plan.programmes), None)
    return "shop" if running is None else running.issuer


def encode_programme_set(programmes: ProgrammeSet) -> bytes:
    """The set's bytes as the database keeps them: a JSON array of the canonical documents."""
    return msgspec.json.encode([msgspec.Raw(encode_programme(programme)) for programme in programmes.programmes])


def decode_programme_set(body: bytes) -> ProgrammeSet:
    """The set in these bytes."""
    documents = msgspec.json.decode(body, type=list[msgspec.Raw])
    return programme_set(decode_programme(bytes(document)) for document in documents)


def _refused(sentence: str, kind: type[ProgrammeError] = ProgrammeError) -> ProgrammeError:
    return kind(
        "programme.file",
        what=sentence,
        safe="The programmes in use were not changed.",
        todo="Correct the folder and start again.",
    )
