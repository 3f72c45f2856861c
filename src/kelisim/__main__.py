"""The first lines: everything is loaded, then the command runs."""

from __future__ import annotations

import gc


def main() -> None:
    """The console script."""
    gc.disable()  # what the libraries build stays: to look for garbage in it meanwhile is a sixth of the time to ready
    from kelisim.commands import cli

    gc.freeze()
    gc.enable()
    cli()


if __name__ == "__main__":
    main()
