"""Raw values and gradients of layers into files, with a manifest that says what they are."""

from explorer.model.exporting.export import export, export_one
from explorer.model.exporting.manifest import Manifest
from explorer.model.exporting.wanted import FORMATS, Format, Wanted, check

__all__ = ["FORMATS", "Format", "Manifest", "Wanted", "check", "export", "export_one"]
