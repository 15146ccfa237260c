"""Bring the translation files up to date with the source: ``python -m ui.translations.update [--check]``.

Runs Qt's lupdate over ``ui`` and compiles the result with lrelease. With ``--check`` nothing is written: it exits with 1 where
a file is behind the source, or has a sentence without a translation.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import PySide6

FOLDER = Path(__file__).parent
_SOURCE = FOLDER.parent
_TOOLS = Path(PySide6.__file__).parent
_LIMIT_S = 120


def translation_files() -> list[Path]:
    """One Linguist file a language. English has one for its plurals alone."""
    return sorted(FOLDER.glob("pos_*.ts"))


def update(folder: Path) -> None:
    """Write each language's ``.ts``, up to date, and its ``.qm`` into ``folder``."""
    sources = sorted(str(path) for path in _SOURCE.rglob("*.py"))
    for file in translation_files():
        target = folder / file.name
        if target != file:
            shutil.copyfile(file, target)
        plurals = ["-pluralonly"] if file.stem == "pos_en" else []
        _run("lupdate", *sources, "-locations", "none", "-no-obsolete", *plurals, "-ts", str(target))
        _run("lrelease", "-silent", str(target), "-qm", str(target.with_suffix(".qm")))


def differences() -> list[str]:
    """What is wrong with the files, a sentence each; an empty list where all is well."""
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name)
        update(fresh)
        behind = [
            f"{file.name} is behind the source; run python -m ui.translations.update"
            for file in translation_files()
            if not all(_is_same(file.with_suffix(suffix), fresh / (file.stem + suffix)) for suffix in (".ts", ".qm"))
        ]
        unfinished = [
            f"{file.name} has sentences without a translation"
            for file in translation_files()
            if 'type="unfinished"' in (fresh / file.name).read_text(encoding="utf-8")
        ]
    return behind + unfinished


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and one.read_bytes() == other.read_bytes()


def _run(tool: str, *arguments: str) -> None:
    command = [str(_TOOLS / tool), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)  # noqa: S603 - Qt's own tools
    if done.returncode:
        raise SystemExit(f"{tool} failed: {done.stderr.strip() or done.stdout.strip()}")


def main(arguments: list[str]) -> int:
    """Update, or with ``--check`` compare. Gives the exit code."""
    if arguments == ["--check"]:
        found = differences()
        sys.stderr.writelines(f"{sentence}\n" for sentence in found)
        return 1 if found else 0
    update(FOLDER)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
