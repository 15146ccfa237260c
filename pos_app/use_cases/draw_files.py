"""Files of draws: the hash of a new seed written into a programme's file, and reports that anybody can check."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError

from pos_app.errors import InputError
from pos_app.loyalty.document import Draw, Programme
from pos_app.loyalty.programme import parse_programme
from pos_app.protocol.draws import Report, decode_report, encode_report, hash_of, is_example
from pos_app.use_cases.programmes import read_file

_REPORT_BYTES_MAX = 1_000_000_000


def commit_seed(path: Path, seed: bytes, *, keep: Callable[[bytes], object]) -> Programme:
    """Write a seed's hash into a programme's TOML file, everything else as it stands; gives the programme as it is now.

    ``keep`` keeps the seed before the file is written: a hash without its seed would be a draw that nobody can hold. Raises
    ``ProgrammeError`` where the file is none then, and ``InputError`` where it has a seed already or cannot be written.
    """
    text = _text_of(path)
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise _refused(
            "file", f"{path.name} is no TOML file ({error}).", todo="Write the programme as TOML."
        ) from error
    table = document.get("draw")
    before = str(table.get("seed_hash", "")) if isinstance(table, dict) else ""
    if before and not is_example(before):
        raise _refused(
            "open",
            f"The draw of {path.name} is open already.",
            todo="Go on with it; for another draw take its line seed_hash out first, and raise the version.",
        )
    if not isinstance(table, dict):
        document["draw"] = table = tomlkit.table()
    table["seed_hash"] = hash_of(seed)
    changed = tomlkit.dumps(document)
    programme = parse_programme(changed, source=path.name)
    keep(seed)
    _write(path, changed.encode())
    return programme


def find_programme(reference: str, in_force: tuple[Programme, ...]) -> Programme:
    """A programme by its id, of those in force, or by its file; raises ``InputError`` for neither, ``ProgrammeError`` for a bad file."""
    for programme in in_force:
        if programme.id == reference:
            return programme
    path = Path(reference)
    if not path.is_file():
        raise _refused(
            "programme",
            f"There is no programme {reference} in force, and no such file.",
            todo="Name its file, if it does not run any more.",
        )
    return read_file(path)


def draw_of(programme: Programme) -> Draw:
    """The programme's draw; raises ``InputError`` where it has none."""
    if programme.draw is None:
        raise _refused("none", f"The programme {programme.id} has no draw.", todo="Check its name and its file.")
    return programme.draw


def write_report(report: Report, path: Path) -> None:
    """Write what is published; raises ``InputError`` where it cannot be written."""
    _write(path, encode_report(report))


def read_report(path: Path) -> Report:
    """What somebody has published; raises ``InputError`` for a file that is no such thing."""
    try:
        if path.stat().st_size > _REPORT_BYTES_MAX:
            raise _refused("report", f"{path.name} is too large.", todo="Check that it is the right file.")
        return decode_report(path.read_bytes())
    except OSError as error:
        raise _refused("report", f"{path.name} cannot be read ({error.strerror}).", todo="Check its name.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _refused(
            "report", f"{path.name} is no published draw ({error}).", todo="Take the file as it was published."
        ) from error


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused("file", f"{path.name} is not a text file in UTF-8.", todo="Name a programme's file.") from error
    except OSError as error:
        raise _refused(
            "file", f"{path.name} cannot be read ({error.strerror}).", todo="Name a programme's file."
        ) from error


def _write(path: Path, content: bytes) -> None:
    """In place of what is there, whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _refused(
            "file", f"{path.name} cannot be written ({error.strerror}).", todo="Name another place."
        ) from error


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"draw.{code}", what=sentence, safe="Nothing was changed.", todo=todo)
