"""``python -m trace.cli``: the commands, without loading the application first."""

from trace.cli.commands import main

main(prog_name="python -m trace.cli")
