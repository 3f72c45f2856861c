"""Compiles the catalogues (.po → .mo) before a build and carries locales/ into the wheel."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Catalogues(BuildHookInterface):
    """Runs for the wheel, the source archive and the editable install alike."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogues in place; an editable install reads them where they lie."""
        for source in sorted(Path(self.root, "locales").glob("*/LC_MESSAGES/*.po")):
            with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
                write_mo(mo, read_po(po, locale=source.parts[-3]))
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"]["locales"] = "kelisim/locales"
