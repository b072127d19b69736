"""The label's typeface inside a PDF: only the letters that are used, and what makes them text that can be selected."""

from collections.abc import Iterable, Mapping

from labels.fonts import face
from labels.pdf_file import Objects, number

_PER_EM = 1000
# ISO 32000-1, table 123: a font of letters beyond the standard Latin ones.
_SYMBOLIC = 4
_BLOCK = 100  # as many characters as one block of a ToUnicode map may hold


class EmbeddedFont:
    """One weight with the glyphs of ``characters``; `encode` gives their numbers in hexadecimal, two bytes each."""

    def __init__(self, name: str, characters: Iterable[str]) -> None:
        loaded = face(name).face
        self._face = loaded
        self._glyphs: dict[int, int] = {}
        numbers: dict[int, int] = {}
        self._codes: list[int] = []
        for character in sorted(set(characters)):
            glyph = loaded.charToGlyph[ord(character)]
            if glyph not in numbers:
                numbers[glyph] = len(self._codes) + 1  # 0 is the glyph of what is missing
                self._codes.append(ord(character))
            self._glyphs[ord(character)] = numbers[glyph]
        self.hex: Mapping[str, str] = {chr(code): f"{glyph:04x}" for code, glyph in self._glyphs.items()}

    def encode(self, text: str) -> str:
        """The text between < and >. Raises KeyError for a character that was not announced."""
        return "".join(self.hex[character] for character in text)

    def write(self, objects: Objects) -> int:
        """Embed it; returns the font's number."""
        loaded = self._face
        program = bytes(loaded.makeSubset(self._codes))
        file = objects.add_stream(program, b"/Length1 %d" % len(program))
        name = self._name()
        box = " ".join(number(edge) for edge in loaded.bbox)
        descriptor = objects.add(
            f"<</Type/FontDescriptor/FontName/{name}/Flags {_SYMBOLIC}/FontBBox[{box}]"
            f"/ItalicAngle {number(loaded.italicAngle)}/Ascent {number(loaded.ascent)}"
            f"/Descent {number(loaded.descent)}/CapHeight {number(loaded.capHeight)}"
            f"/StemV {number(loaded.stemV)}/FontFile2 {file} 0 R>>".encode()
        )
        widths = " ".join(number(loaded.charWidths[code]) for code in self._codes)
        descendant = objects.add(
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDSystemInfo"
            f"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor {descriptor} 0 R"
            f"/DW {number(loaded.defaultWidth)}/W[1[{widths}]]/CIDToGIDMap/Identity>>".encode()
        )
        to_unicode = objects.add_stream(self._to_unicode().encode())
        return objects.add(
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H"
            f"/DescendantFonts[{descendant} 0 R]/ToUnicode {to_unicode} 0 R>>".encode()
        )

    def _name(self) -> str:
        # A subset's name begins with a tag of six capitals (ISO 32000-1, 9.6.4); one for each weight will do.
        full = self._face.name.decode("ascii")
        tag = "".join(chr(ord("A") + ord(letter) % 26) for letter in full[-6:])
        return f"{tag}+{full}"

    def _to_unicode(self) -> str:
        pairs = [f"<{glyph:04x}><{code:04x}>" for glyph, code in enumerate(self._codes, start=1)]
        blocks = [pairs[start : start + _BLOCK] for start in range(0, len(pairs), _BLOCK)]
        listed = "".join(
            f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks
        )
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            "1 begincodespacerange\n<0000><ffff>\nendcodespacerange\n"
            f"{listed}endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        )
