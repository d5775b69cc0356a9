"""The command line: reports on standard output, remarks on standard error.

Bad input is a sentence and exit code 2.
"""

import sys
from importlib import import_module

import click
from sqlalchemy.exc import DBAPIError

from api.command_line import language
from stations.errors import DatabaseRefusedError, NuanyiError

COMMANDS = {
    "account": "people.account_command",
    "areas": "areas.areas_command",
    "compare": "comparing.compare_command",
    "coverage": "planning.coverage_command",
    "db": "database.db_command",
    "demand": "demanding.demand_command",
    "demo": "running.demo_command",
    "export": "exporting.export_command",
    "geocode": "geocoding.geocode_command",
    "import": "importing.import_command",
    "imports": "importing.imports_command",
    "network": "networks.network_command",
    "places": "places.places_command",
    "seed": "running.seed_command",
    "serve": "running.serve_command",
    "suggest": "planning.suggest_command",
}
"""Where each command lies in `api.commands`. Only the one that is asked for is imported: all of
them take longer to import than most take to run."""


def main() -> None:
    """Run the command line; the entry point `nuanyi`."""
    try:
        cli.main(standalone_mode=False)
    except NuanyiError as error:
        click.echo(error.sentence(language()), err=True)
        sys.exit(2)
    except DBAPIError as error:
        # the driver's first line holds no parameters, unlike the exception's whole text
        problem = (
            str(error.orig).strip().splitlines()[0] if str(error.orig) else type(error).__name__
        )
        click.echo(DatabaseRefusedError(problem=problem).sentence(language()), err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


class _Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click calls it so
        cmd_name: str,
    ) -> click.Command | None:
        """Return one command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(".")
        command: click.Command = getattr(import_module(f"api.commands.{module}"), name)
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def cli() -> None:
    """Nuanyi 暖驿: the map and register of the places that serve people who work outdoors."""
