"""The command line. Each command only reads its arguments and calls the room that does the work."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from lionrock.cli_bench import bench_app
from lionrock.cli_journal import journal_app
from lionrock.cli_keys import keys_app
from lionrock.cli_operate import add_commands
from lionrock.cli_rulebook import rulebook_app
from lionrock.cli_sim import sim_app
from lionrock.cli_staff import staff_app
from lionrock.cli_views import views_app
from lionrock.site.logs import LogFormat, start_logging

if TYPE_CHECKING:
    import httpx

    from lionrock.node.recovery import Recovered

app = typer.Typer(
    name="lionrock", help="A compliance-first digital-asset exchange.", no_args_is_help=True, add_completion=False
)
sandbox_app = typer.Typer(help="Try things out on a server started with --sandbox.", no_args_is_help=True)
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(bench_app, name="bench")
app.add_typer(sim_app, name="sim")
app.add_typer(journal_app, name="journal")
add_commands(app)
app.add_typer(keys_app, name="keys")
app.add_typer(staff_app, name="staff")
app.add_typer(views_app, name="views")
app.add_typer(rulebook_app, name="rulebook")

_PAUSE_SECONDS = 0.2

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"lionrock {version('lionrock')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """Read what stands before the command."""


@app.command()
def serve(
    data: Annotated[Path, typer.Option(help="Data directory of the site; made when it is not there.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port; 0 takes any free one.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    *,
    log_format: Annotated[LogFormat, typer.Option(help="Lines of text, or one JSON object a line.")] = LogFormat.TEXT,
    site: Annotated[
        str | None, typer.Option(help="Which site the directory is to hold, at its first start: hk, mena, eu, global.")
    ] = None,
    sandbox: Annotated[bool, typer.Option(help="List assets and markets, and give funded accounts to all.")] = False,
    makers: Annotated[int, typer.Option(min=0, max=20, help="On a sandbox: simulated market makers beside it.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the makers' random walk.")] = 1,
    views: Annotated[bool, typer.Option(help="Keep the read models in SQL, in a process beside.")] = True,
    as_json: AsJson = False,
) -> None:
    """Serve a site until it is stopped with Ctrl-C.

    Example: lionrock serve --site hk --sandbox --data data --port 8000
    """
    import logging
    import os

    from lionrock.journal.checkpoints import CheckpointInvalid
    from lionrock.journal.segments import JournalDamaged
    from lionrock.node.errors import DirectoryInUse
    from lionrock.node.skipping import PoisonFrame
    from lionrock.people.api_keys import JournalMismatch
    from lionrock.sim.chain import SimulatedChains
    from lionrock.sim.makers_process import MakersProcess
    from lionrock.site.configuration import ConfigurationInvalid
    from lionrock.site.definition import AnotherSite, DefinitionInvalid, UnknownSite
    from lionrock.site.serve import AddressUnavailable, Extras, SiteStopped
    from lionrock.site.serve import serve as serve_site
    from lionrock.store.database import DatabaseUnusable
    from lionrock.store.sealing import MasterKeyUnusable, SealBroken

    def announce(address: str, recovered: Recovered) -> None:
        typer.echo(_served(data, address, recovered, as_json=as_json))
        sys.stdout.flush()

    def simulated_chains(directory: Path) -> SimulatedChains:
        return SimulatedChains(directory, lambda: os.urandom(16))

    start_logging(log_format)
    known = (AddressUnavailable, ConfigurationInvalid, DirectoryInUse, MasterKeyUnusable, SiteStopped)
    undefined = (AnotherSite, DefinitionInvalid, UnknownSite)
    unusable = (CheckpointInvalid, DatabaseUnusable, JournalDamaged, JournalMismatch, PoisonFrame, SealBroken)
    companions = MakersProcess(makers, seed) if makers else None
    if companions is not None and not sandbox:
        fail("--makers come with --sandbox only")
    if sandbox and not _is_loopback(host):
        typer.echo(f"Warning: a sandbox gives accounts to all, and {host} is not this machine alone", err=True)
    try:
        serve_site(data, host, port, announce, Extras(site, sandbox, companions, simulated_chains, views))
    except (*known, *undefined, *unusable, OSError) as error:
        if log_format is LogFormat.JSON:
            logging.getLogger("lionrock").critical("%s", error)
            raise typer.Exit(1) from error
        fail(str(error))


def _served(data: Path, address: str, recovered: Recovered, *, as_json: bool) -> str:
    """What is said once a site answers."""
    frames, commands, torn, covered = recovered
    replayed = {
        "replayed_frames": frames,
        "replayed_commands": commands,
        "last_write_cut_short": torn is not None,
        "snapshot_sequence": covered,
    }
    if as_json:
        return json.dumps({"url": address} | replayed)
    begun = f", after those of a snapshot up to {covered:,}" if covered else ""
    return f"Lionrock serves {data} at {address} (commands replayed: {commands:,}, from {frames:,} frames{begun})"


def _is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@sandbox_app.command()
def account(
    url: Annotated[str, typer.Option(help="Address of a server started with --sandbox.")] = "http://127.0.0.1:8000",
    fund: Annotated[list[str] | None, typer.Option(help="ASSET=AMOUNT to deposit; may be given several times.")] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a server that is just starting.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Open an account with funds and an API key.

    Example: lionrock sandbox account --fund BTC=10 --fund USDT=1000000 --json
    """
    import httpx

    url = url.rstrip("/")
    funds: dict[str, str] = {}
    for text in fund or []:
        code, _, amount = text.partition("=")
        if code in funds or not amount:
            fail(f"--fund {text}: name each asset once, as ASSET=AMOUNT")
        funds[code] = amount
    try:
        answer = _post_when_up(f"{url}/lionrock/v1/sandbox/accounts", {"fund": funds}, wait)
        body = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        fail(f"{url} does not answer as a Lionrock server: {error}")
    if answer.status_code == 404:
        fail(f"{url} gives no accounts: start the server with --sandbox")
    if answer.status_code != 200:
        words = body["lionrock"]["words"] if "lionrock" in body else body["msg"]
        fail(f"{url} refused: {words} (code {body['code']})")
    if as_json:
        typer.echo(json.dumps(body))
    else:
        typer.echo(f"API key  {body['apiKey']}\nsecret   {body['secret']}\naccount  {body['accountId']}")


def _post_when_up(url: str, body: dict[str, object], patience_seconds: float) -> httpx.Response:
    """Again and again while nobody listens there. Raises what `httpx.post` raises."""
    import time

    import httpx

    pauses = round(patience_seconds / _PAUSE_SECONDS)
    for pause in range(pauses):
        try:
            return httpx.post(url, json=body, timeout=30)
        except httpx.ConnectError:
            if not pause:
                typer.echo(f"Nobody answers at {url} yet; waiting up to {patience_seconds:g} s ...", err=True)
            time.sleep(_PAUSE_SECONDS)
    return httpx.post(url, json=body, timeout=30)


@sandbox_app.command()
def makers(
    url: Annotated[str, typer.Option(help="Address of a server started with --sandbox.")] = "http://127.0.0.1:8000",
    count: Annotated[int, typer.Option(min=1, max=20, help="How many.")] = 3,
    seed: Annotated[int, typer.Option(help="Of their random walk.")] = 1,
) -> None:
    """Open accounts and quote in every market until Ctrl-C; a venue that is away is waited for.

    Example: lionrock sandbox makers --url http://127.0.0.1:8000 --count 3
    """
    import signal
    import threading

    from lionrock.sim.api_client import RefusedByVenueError
    from lionrock.sim.makers import open_accounts, run

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        keys = open_accounts(url.rstrip("/"), count)
    except (OSError, RefusedByVenueError) as error:
        fail(f"{url} gives no accounts: {error}")
    run(url.rstrip("/"), keys, seed, stop, tell=lambda words: typer.echo(words, err=True))


@app.command()
def demo(
    steps: Annotated[
        int, typer.Option(min=8_000, help="Orders and cancels to send before the venue is killed.")
    ] = 12_000,
    data: Annotated[Path | None, typer.Option(help="Keep the venue's data here; otherwise it is thrown away.")] = None,
    headless: Annotated[bool, typer.Option(help="No colours and no moving parts, for logs.")] = False,
) -> None:
    """A guided tour: real order flow into a venue that is killed and comes back the same.

    Example: lionrock demo --headless
    """
    import tempfile
    import time

    from rich.console import Console

    from lionrock.demo.tour import CheckFailedError, Tour
    from lionrock.sim.api_client import RefusedByVenueError
    from lionrock.sim.venue_process import VenueDidNotStartError

    console = Console(force_terminal=False, no_color=True, width=100) if headless else Console()
    with tempfile.TemporaryDirectory(prefix="lionrock-") as temporary:
        directory = (data or Path(temporary)) / "site"
        try:
            Tour(console, directory, lambda: time.time_ns() // 1_000_000, time.perf_counter).run(steps)
        except CheckFailedError as error:
            fail(f"this did not hold: {error}")
        except (VenueDidNotStartError, RefusedByVenueError, OSError) as error:
            fail(str(error))
        except KeyboardInterrupt:
            fail("stopped; nothing is left running")


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with exit code 1."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)


def main() -> None:
    """Entry point of the `lionrock` program."""
    app()


if __name__ == "__main__":
    main()
