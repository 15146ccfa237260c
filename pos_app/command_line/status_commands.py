"""``pos-app status`` and ``pos-app restore``: how the till stands with headquarters, and bringing a lost till's journal back."""

import random
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from pos_app.command_line.opening import opened
from pos_app.command_line.options import SettingsOption
from pos_app.command_line.output import EXIT_FAILED, console, counted, print_json, speaking
from pos_app.command_line.staffing_options import ByOption, sign_in
from pos_app.command_line.status_output import NO_TODO, sentences
from pos_app.sync.rounds import SyncOptions, SyncReport, SyncRounds
from pos_app.use_cases.till import Till
from storage import journal
from storage.outbox import SqliteOutbox


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(restore)


def status(
    settings: SettingsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
    sync: Annotated[
        bool,
        typer.Option("--sync", help="Send and fetch once before, and say how it went; else only what is stored here."),
    ] = False,
    by: ByOption = "",
) -> None:
    """Say what works now (selling, earning, burning, returns), what waits for headquarters, and what to do.

    Managers and auditors, and everybody where nobody signs in, hear too whether the sentinel has found something today.
    Exits with 1 where somebody has to do something. Examples: `pos-app status`, `pos-app status --sync --json`.
    """
    from pos_app.command_line.sentinel_command import count_sentence
    from pos_app.use_cases.chance import missing_seeds, seed_sentence
    from pos_app.use_cases.mirroring import mirror_of
    from pos_app.use_cases.sentinel import count_today
    from pos_app.use_cases.sync_status import status_of

    with speaking(as_json=as_json), opened(settings) as opened_till:
        if by:
            sign_in(opened_till, by)
        report = _one_round(opened_till) if sync else None
        mirror = mirror_of(opened_till.database, opened_till.settings)
        found = status_of(opened_till, report, None if mirror is None else mirror.copy())
        if mirror is not None:
            mirror.close()
        assert found.works is not None, "it is always worked out"
        to_look_at = count_today(opened_till)
        missing = opened_till.database.read(lambda connection: missing_seeds(opened_till, connection))
        if as_json:
            draws = [one.programme_id for one in missing]
            print_json({**msgspec.to_builtins(found), "sentinel_findings": to_look_at, "draws_without_seed": draws})
        else:
            to_do = [*map(seed_sentence, missing), *([count_sentence(to_look_at)] if to_look_at else [])]
            for sentence in sentences(found, opened_till, to_do=to_do):
                console.print(sentence, markup=False)
        if missing or found.works.todo not in NO_TODO:
            raise typer.Exit(EXIT_FAILED)


def _one_round(till: Till) -> SyncReport | None:
    """One round with headquarters, as the worker does it; None where there is none to talk to."""
    from pos_app.sync.client import HqClient
    from pos_app.use_cases.joining import private_key
    from pos_app.use_cases.published import taker

    hq = till.settings.hq
    if not hq.url or journal.read_terminal(till.database.reader()).hq_public_key is None:
        return None
    with HqClient(
        hq.url,
        private_key=private_key(till),
        connect_timeout_ms=hq.connect_timeout_ms,
        call_timeout_ms=hq.call_timeout_ms,
    ) as client:
        rounds = SyncRounds(
            SqliteOutbox(till.database, take_documents=taker(till.settings.owners)),
            client,
            options=SyncOptions(hq.batch_events_max, hq.batch_bytes_max, hq.poll_ms),
            utc_ms=till.clock.utc_ms,
            fraction=random.random,
            stopping=lambda: False,
            pause_s=time.sleep,
        )
        report = rounds.run()
        while report.snapshot_accounts is not None and report.problem is None:
            report = rounds.run()
        return report


def restore(
    mirror: Annotated[Path, typer.Argument(help="The file that storage.mirror of the lost till named.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Take what headquarters had called safe too: for one that lost it after all.")
    ] = False,
    by: ByOption = "",
    settings: SettingsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Put the events of a lost till's mirror into this till, which has joined headquarters in its place.

    Headquarters books none of them twice. Asking again is harmless. Example: `pos-app restore /media/usb/till-1.mirror`.
    """
    from pos_app.use_cases.restoring import restore as restore_from

    with speaking(as_json=as_json), opened(settings) as opened_till:
        sign_in(opened_till, by)
        result = restore_from(opened_till, mirror, everything=everything)
        if as_json:
            print_json(result)
        else:
            console.print(
                f"{counted(result.restored, 'event')} came back and will be sent; {result.known} were here already, "
                f"headquarters keeps {result.kept_by_hq}, {counted(result.damaged, 'record')} cannot be read."
            )
            if result.refilled:
                console.print(f"{counted(result.refilled, 'pruned event')} of this till are whole again.")
        if result.damaged:
            raise typer.Exit(EXIT_FAILED)
