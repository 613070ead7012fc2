"""Fault campaigns: too long for the test suite, each with its figures in the reliability page.

Without a further word the seeds are played: webinars are synced while processes die and platforms
misbehave.
"""

from __future__ import annotations

import importlib
import os

import click

CAMPAIGNS = {
    "door": ("commands.chaos.door", "Webhooks at full speed while web processes are killed."),
    "tokens": ("commands.chaos.tokens", "Many processes meet one expired token."),
    "backlog": ("commands.chaos.backlog", "A backlog, an emptied Redis, killed workers."),
    "bystander": ("commands.chaos.bystander", "One customer's HubSpot hangs, another is timed."),
    "deploy": ("commands.chaos.deploy", "A rolling restart to this version and back, under load."),
}


class LazyCampaigns(click.Group):
    """Campaigns are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(CAMPAIGNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in CAMPAIGNS:
            return None
        command = importlib.import_module(CAMPAIGNS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Campaigns"):
            formatter.write_dl([(name, line) for name, (_, line) in CAMPAIGNS.items()])


@click.group(cls=LazyCampaigns, invoke_without_command=True)
@click.option("--seeds", type=click.IntRange(1), default=6, show_default=True)
@click.option("--first-seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--people", type=click.IntRange(40, 20_000), default=120, show_default=True)
@click.option(
    "--together",
    type=click.IntRange(1),
    default=os.cpu_count(),
    show_default="one for each core",
    help="Seeds played at once.",
)
@click.option("--save", is_flag=True, help="Write the figures into docs/reference/reliability.md.")
@click.pass_context
def command(
    ctx: click.Context, seeds: int, first_seed: int, people: int, together: int, save: bool
) -> None:
    """Sync webinars under faults and check that nothing was lost, doubled or left unexplained.

    Each seed takes about a minute. Exit status 1 when an invariant was broken.
    """
    if ctx.invoked_subcommand is None:
        from commands.chaos.seeds import play_seeds

        ctx.exit(play_seeds(seeds, first_seed, people, together=together, save=save))
