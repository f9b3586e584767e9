"""`enigma-tui doctor`: is everything as it should be, and if not, what to do."""

import json
import os
from dataclasses import asdict

import click

from ..finding import BAD, OK, Finding
from . import common, serving
from .board import check


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Check settings, server, permissions and lists. Ends with 1 if anything is bad.

    Nothing is taken from a list, and nothing is left behind.

    \b
      enigma-tui --redis-url redis://pbx.example:6379/0 doctor
    """
    from .. import paths
    from ..journal.keys import Keys
    from .doctor_acts import of_acts
    from .doctor_phone import of_phone
    from .examining import examine

    loaded = common.settings(ctx)
    check(loaded)
    common.check_phone(loaded)
    link = serving.connection(loaded.settings, "doctor")
    keys = Keys(loaded.settings.prefix)

    open_source = serving.opener(loaded.settings, "doctor")

    async def work() -> int:
        findings = [
            Finding("settings", OK, f"{len(loaded.origins)} set, the rest are defaults"),
        ]
        if not as_json:
            _print(findings[0])
        for finding in of_acts(paths.state_dir()):
            findings.append(finding)
            if not as_json:
                _print(finding)
        checks = examine(
            link,
            keys,
            open_source,
            serving.delivery_secrets(loaded.settings),
            writes=not loaded.settings.read_only,
        )
        for found in (checks, of_phone(loaded.settings, os.environ)):
            async for finding in found:
                findings.append(finding)
                if not as_json:
                    _print(finding)
        if as_json:
            common.out(json.dumps([asdict(finding) for finding in findings], indent=2))
        return 1 if any(finding.state == BAD for finding in findings) else 0

    serving.run(work(), link)


def _print(finding: Finding) -> None:
    common.out(f"{finding.state:<5} {finding.check:<12} {finding.found}")
    if finding.remedy:
        common.out(f"{'':<18} {finding.remedy}")
