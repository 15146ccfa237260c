"""Programme files looked at before they run: what refuses them, and what is odd about them, with file, line and column."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from pos_app.errors import ProgrammeError
from pos_app.loyalty.document import Programme
from pos_app.loyalty.lint import Finding, lint
from pos_app.loyalty.programme import parse_programme, programme_set
from pos_app.loyalty.reading import dotted, read_document
from pos_app.loyalty.text_lines import place_of
from pos_app.use_cases.programmes import NotTextError, files_in, read_text

FAULT = "fault"
"""The code of what refuses a file."""
SET = "set"
"""The code of what keeps sound files from running together."""


class Remark(msgspec.Struct, frozen=True):
    """Something to be said about a file, at a line and column from 1 (0 where it is about the file, or about all files: then ``file``
    is empty). ``key`` is as people count: ``rules[1]`` is the first rule.

    An error refuses the file; ``why`` says it in words. Else it is a finding of the lint: ``code`` and ``values``.
    """

    code: str
    file: str = ""
    line: int = 0
    column: int = 0
    key: str = ""
    why: str = ""
    values: Mapping[str, int | str] = {}

    @property
    def is_error(self) -> bool:
        """Whether it refuses the file, or all of them together."""
        return self.code in {FAULT, SET}


class _File(msgspec.Struct, frozen=True):
    name: str
    text: str


def check_files(paths: Iterable[Path], *, bands_percent: Sequence[int]) -> tuple[int, tuple[Remark, ...]]:
    """How many files these are (a folder stands for all programmes in it), and what is to be said about them, errors first.

    Whether they can run together, and what is odd about them, is asked where each of them is sound. Raises ``ProgrammeError`` for a
    file that cannot be read, and where a folder has none.
    """
    files = [path for given in paths for path in (_programmes_in(given) if given.is_dir() else [given])]
    sound: list[tuple[_File, Programme]] = []
    faults: list[Remark] = []
    for path in files:
        read = _read(path)
        if isinstance(read, list):
            faults += read
        else:
            sound.append(read)
    return len(files), tuple(faults) or _together(sound, bands_percent)


def _programmes_in(folder: Path) -> list[Path]:
    found = files_in(folder)
    if not found:
        raise ProgrammeError(
            "programme.none",
            what=f"There is no programme in the folder {folder}.",
            safe="Nothing was checked.",
            todo="Name a folder with files that end with .toml or .json.",
        )
    return found


def _read(path: Path) -> tuple[_File, Programme] | list[Remark]:
    """A file and its programme, or what refuses it: other files are looked at all the same."""
    try:
        file = _File(path.name, read_text(path))
    except NotTextError:
        return [Remark(FAULT, path.name, why="it is not a text file in UTF-8")]
    read = read_document(file.text)
    if isinstance(read, Programme):
        return file, read
    places = [(*(fault.place or (0, 0)), fault) for fault in read]
    return [
        Remark(FAULT, file.name, line, column, dotted(fault.path), fault.why)
        for line, column, fault in sorted(places, key=lambda place: place[:2])
    ]


def _together(sound: Sequence[tuple[_File, Programme]], bands_percent: Sequence[int]) -> tuple[Remark, ...]:
    programmes = [programme for _, programme in sound]
    try:
        programme_set(programmes)
    except ProgrammeError as error:
        return (Remark(SET, why=error.what),)
    files = {programme.id: file for file, programme in sound}
    names = [file.name for file, _ in sound]
    remarks = [_remark(one, files[one.programme_id]) for one in lint(programmes, bands_percent=bands_percent)]
    return tuple(sorted(remarks, key=lambda one: (names.index(one.file), one.line, one.column)))


def _remark(one: Finding, file: _File) -> Remark:
    place = place_of(file.text, one.path)
    return Remark(one.code, file.name, place.line, place.column, dotted(one.path), values=one.values)


def check_beside(path: Path, others: Iterable[Programme], *, bands_percent: Sequence[int]) -> tuple[Remark, ...]:
    """What is odd about the programme of a file among others, an older version of it left out.

    Raises ``ProgrammeError`` where it is not sound, or cannot run together with the others.
    """
    file = _File(path.name, read_text(path))
    programme = parse_programme(file.text, source=file.name)
    beside = [other for other in others if other.id != programme.id]
    programme_set([programme, *beside])
    found = lint([programme, *beside], bands_percent=bands_percent)
    return tuple(_remark(one, file) for one in found if one.programme_id == programme.id)
