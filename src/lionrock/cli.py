"""The command line. Each command only reads its arguments and calls the room that does the work."""

from __future__ import annotations

import errno
import json
import os
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
from lionrock.cli_site import add_commands as add_site_commands
from lionrock.cli_staff import staff_app
from lionrock.cli_views import views_app
from lionrock.site.logs import LogFormat, start_logging
from lionrock.site.system_words import words_of

if TYPE_CHECKING:
    import httpx

    from lionrock.node.recovery import Recovered
    from lionrock.sim.chain import SimulatedChains

app = typer.Typer(
    name="lionrock", help="A compliance-first digital-asset exchange.", no_args_is_help=True, add_completion=False
)
sandbox_app = typer.Typer(help="Try things out on a server started with --sandbox.", no_args_is_help=True)
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(bench_app, name="bench")
app.add_typer(sim_app, name="sim")
app.add_typer(journal_app, name="journal")
add_site_commands(app)
add_commands(app)
app.add_typer(keys_app, name="keys")
app.add_typer(staff_app, name="staff")
app.add_typer(views_app, name="views")
app.add_typer(rulebook_app, name="rulebook")

_PAUSE_SECONDS = 0.2
_NOTHING_TOLD = 2
_NOBODY_READS = 141  # what a shell tells of a program that SIGPIPE ended
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
"""What OpenSSL says of a certificate that nobody vouches for: somebody answers, and waiting does not help."""

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
    data: Annotated[Path, typer.Option(help="Data directory of the site; with --site or --sandbox one is made.")],
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

    from lionrock.journal.checkpoints import CheckpointInvalid
    from lionrock.journal.segments import JournalDamaged
    from lionrock.node.errors import DirectoryInUse
    from lionrock.node.skipping import PoisonFrame
    from lionrock.people.api_keys import JournalMismatch
    from lionrock.rulebook.loading import PackInvalid
    from lionrock.sim.makers_process import MakersProcess
    from lionrock.site.configuration import ConfigurationInvalid
    from lionrock.site.definition import AnotherSite, DefinitionInvalid, UnknownSite
    from lionrock.site.serve import AddressUnavailable, Extras, NoSiteHere, OtherThingsHere, SiteStopped
    from lionrock.site.serve import serve as serve_site
    from lionrock.site.tls import CertificateUnusable
    from lionrock.store.database import DatabaseUnusable
    from lionrock.store.sealing import MasterKeyUnusable, SealBroken

    def announce(address: str, recovered: Recovered) -> None:
        typer.echo(_served(data, address, recovered, as_json=as_json))
        sys.stdout.flush()

    start_logging(log_format)
    known = (AddressUnavailable, CertificateUnusable, ConfigurationInvalid, DirectoryInUse, SiteStopped)
    undefined = (AnotherSite, DefinitionInvalid, NoSiteHere, OtherThingsHere, PackInvalid, UnknownSite)
    sealed = (DatabaseUnusable, MasterKeyUnusable, SealBroken)
    unusable = (*sealed, CheckpointInvalid, JournalDamaged, JournalMismatch, PoisonFrame)
    companions = MakersProcess(makers, seed) if makers else None
    if companions is not None and not sandbox:
        fail("--makers come with --sandbox only")
    if sandbox and not _is_loopback(host):
        typer.echo(f"Warning: a sandbox gives accounts to all, and {host} is not this machine alone", err=True)
    try:
        serve_site(data, host, port, announce, Extras(site, sandbox, companions, _simulated_chains, views))
    except (*known, *undefined, *unusable, OSError) as error:
        if log_format is LogFormat.JSON:
            logging.getLogger("lionrock").critical("%s", words_of(error))
            raise typer.Exit(1) from error
        fail(words_of(error))


def _simulated_chains(directory: Path) -> SimulatedChains:
    from lionrock.sim.chain import SimulatedChains

    return SimulatedChains(directory, lambda: os.urandom(16))


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

    Of a server with a certificate that this machine does not trust, name the authority's file in SSL_CERT_FILE.

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
        trust = "; name a file that vouches for it: SSL_CERT_FILE=ca.pem" if _UNTRUSTED in f"{error}" else ""
        fail(f"{url} does not answer as a Lionrock server: {error}{trust}")
    if answer.status_code == 404:
        fail(f"{url} gives no accounts: start the server with --sandbox")
    if answer.status_code != 200:
        words = body["lionrock"]["words"] if "lionrock" in body else body["msg"]
        fail(f"{url} refused: {words} (code {body['code']}){_unknown_assets(url, funds)}")
    if as_json:
        typer.echo(json.dumps(body))
    else:
        typer.echo(f"API key  {body['apiKey']}\nsecret   {body['secret']}\naccount  {body['accountId']}")


def _unknown_assets(url: str, funds: dict[str, str]) -> str:
    """What of it the server has not, and what it has; nothing where that was not why it refused."""
    import httpx

    try:
        info = httpx.get(f"{url}/api/v1/exchangeInfo", timeout=30).raise_for_status().json()
        there = [coin["coinId"] for coin in info["coins"]]
    except (httpx.HTTPError, ValueError, LookupError):
        return ""
    unknown = [code for code in funds if code not in there]
    return f": no {', '.join(unknown)} here; there are {', '.join(there)}" if unknown else ""


def _post_when_up(url: str, body: dict[str, object], patience_seconds: float) -> httpx.Response:
    """Again and again while nobody listens there. Raises what `httpx.post` raises."""
    import time

    import httpx

    pauses = round(patience_seconds / _PAUSE_SECONDS)
    for pause in range(pauses):
        try:
            return httpx.post(url, json=body, timeout=30)
        except httpx.ConnectError as error:
            if _UNTRUSTED in f"{error}":
                raise
            if not pause:
                typer.echo(f"Nobody answers at {url} yet; waiting up to {patience_seconds:g} s ...", err=True)
            time.sleep(_PAUSE_SECONDS)
    return httpx.post(url, json=body, timeout=30)


@sandbox_app.command()
def makers(
    url: Annotated[str, typer.Option(help="Address of a server started with --sandbox.")] = "http://127.0.0.1:8000",
    count: Annotated[int, typer.Option(min=1, max=20, help="How many.")] = 3,
    seed: Annotated[int, typer.Option(help="Of their random walk.")] = 1,
    market: Annotated[
        list[str] | None, typer.Option(help="Quote in this market; may be given several times. Without it, in all.")
    ] = None,
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
    wanted = frozenset(market or ())
    run(url.rstrip("/"), keys, seed, stop, symbols=wanted, tell=lambda words: typer.echo(words, err=True))


@app.command()
def demo(
    orders: Annotated[
        int, typer.Option(min=8_000, help="Orders and cancels to send before the venue is killed.")
    ] = 12_000,
    data: Annotated[
        Path | None, typer.Option(help="Keep the venue's data in a new directory here; otherwise it is thrown away.")
    ] = None,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the venue; 0 takes any free one.")] = 0,
    headless: Annotated[bool, typer.Option(help="No colours, no moving parts, no questions: for logs.")] = False,
    pause: Annotated[bool, typer.Option(help="Wait for Enter after each step.")] = False,
    step: Annotated[int | None, typer.Option(min=1, help="Only this step, with what it needs.")] = None,
    stay: Annotated[
        bool | None, typer.Option(help="Keep the venue open at the end, until Ctrl-C; on a terminal it does.")
    ] = None,
) -> None:
    """The guided tour: a Hong Kong venue, its traders, its people, its rules, its record; every step checks itself.

    Example: lionrock demo --headless
    """
    from lionrock.demo.command import Options, run

    run(Options(orders, data, port, headless, pause, step, stay), fail)


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with exit code 1."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)


def main() -> None:
    """Entry point of the `lionrock` program. Ends with 141, as by SIGPIPE, when nobody reads what it says any more."""
    try:
        app()
    except SystemExit as end:
        if not (_is_closed_pipe(end.__context__) or _is_unread()):
            raise
    except OSError as error:  # such as a full disk behind standard output
        _drop_output()
        typer.echo(f"Error: {words_of(error)}", err=True)
        sys.exit(_NOTHING_TOLD)
    sys.exit(_NOBODY_READS)  # never 1, which is a verdict of some commands


def _is_closed_pipe(error: BaseException | None) -> bool:
    """What typer ends with 1."""
    return isinstance(error, OSError) and error.errno == errno.EPIPE


def _is_unread() -> bool:
    """Whether what is still to be written has no reader left."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return True
    return False


def _drop_output() -> None:
    """Python flushes once more as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
