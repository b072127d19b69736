"""How large a QR will stand on paper, in millimetres and printer dots, and when that is too small to be read."""

from dataclasses import dataclass
from enum import StrEnum

from labels.qr import QrSymbol
from labels.spec import MM_PER_INCH, SheetSpec

# Below these, phones and scanners fail (docs/labels.md; GS1 General Specifications, QR with Digital Link at retail).
LEAST_DOTS = 3
LEAST_MODULE_MM = 0.33


class SizeWarning(StrEnum):
    """Why a symbol of this size may not be read."""

    FEW_DOTS = "fewer-than-3-dots"
    SMALL_MODULE = "module-under-0.33-mm"


@dataclass(frozen=True)
class SymbolSize:
    """A symbol as the printer will make it: dots and millimetres, with and without its quiet zone."""

    modules: int
    dots_per_module: int
    dpi: int
    module_mm: float
    side_mm: float
    whole_mm: float
    whole_dots: int
    warnings: tuple[SizeWarning, ...]


def measure(symbol: QrSymbol, spec: SheetSpec) -> SymbolSize:
    """The size of ``symbol`` printed as ``spec`` says; ``whole`` counts the quiet zone of four modules a side."""
    module_mm = spec.dots_per_module * MM_PER_INCH / spec.dpi
    found = {
        SizeWarning.FEW_DOTS: spec.dots_per_module < LEAST_DOTS,
        SizeWarning.SMALL_MODULE: module_mm < LEAST_MODULE_MM,
    }
    return SymbolSize(
        modules=symbol.modules,
        dots_per_module=spec.dots_per_module,
        dpi=spec.dpi,
        module_mm=module_mm,
        side_mm=symbol.modules * module_mm,
        whole_mm=symbol.modules_with_quiet_zone * module_mm,
        whole_dots=symbol.modules_with_quiet_zone * spec.dots_per_module,
        warnings=tuple(warning for warning, is_so in found.items() if is_so),
    )
