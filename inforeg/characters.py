"""Which characters tables, figures and documents can show, and how LaTeX is told of them."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTFont

from inforeg.errors import UserError

_MATHEMATICS = """
α alpha β beta γ gamma δ delta ε varepsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi π pi
ρ rho σ sigma ς varsigma τ tau υ upsilon φ varphi χ chi ψ psi ω omega ϑ vartheta ϕ phi ϖ varpi ϱ varrho
ϵ epsilon Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega
± pm ∓ mp × times ÷ div · cdot ⋅ cdot ∗ ast ∘ circ ∙ bullet ⊕ oplus ⊖ ominus ⊗ otimes ⊙ odot
≤ leq ≥ geq ≪ ll ≫ gg ≠ neq ≡ equiv ≈ approx ≃ simeq ∼ sim ≅ cong ∝ propto ∈ in ∉ notin ∋ ni
⊂ subset ⊃ supset ⊆ subseteq ⊇ supseteq ∪ cup ∩ cap ∖ setminus ∅ emptyset ∧ wedge ∨ vee ¬ neg ∀ forall
∃ exists ∞ infty ∂ partial ∇ nabla √ surd ∑ sum ∏ prod ∫ int ⊥ perp ∥ parallel ∣ mid ∠ angle ℓ ell
′ prime † dagger ‡ ddagger ⟨ langle ⟩ rangle ⌊ lfloor ⌋ rfloor ⌈ lceil ⌉ rceil
← leftarrow → rightarrow ↑ uparrow ↓ downarrow ↔ leftrightarrow ↦ mapsto
⇐ Leftarrow ⇒ Rightarrow ⇑ Uparrow ⇓ Downarrow ⇔ Leftrightarrow
△ vartriangle ▽ triangledown ▲ blacktriangle ▼ blacktriangledown □ square ■ blacksquare ◆ blacklozenge
● bullet ○ circ ✗ times ✓ checkmark ★ bigstar
"""
_WORDS = _MATHEMATICS.split()
AMS = re.compile(r"\\(vartriangle|triangledown|black\w+|square|checkmark|bigstar)\b")
"""Those of these names that LaTeX has only with the package amssymb."""
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))

SYMBOLS = {
    **{character: rf"$\{name}$" for character, name in zip(_WORDS[::2], _WORDS[1::2], strict=True)},
    **{character: f"$^{digit}$" for character, digit in _RAISED.items()},
    **{character: f"$_{digit}$" for character, digit in _LOWERED.items()},
    "−": "$-$",
    "…": r"\ldots{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
}
"""Characters that have a name in LaTeX with the package amssymb, whatever its font."""

_LATIN = {*map(chr, range(0xA1, 0x17F))} - {*"\u00adĦħĸĿŀŉŦŧ"} | {*"ȘșȚț‘’‚“”„‹›‰€™"}
"""What pdflatex has in its encodings T1 and TS1 beside ASCII."""

FONTS = Path(*(find_spec("matplotlib").submodule_search_locations or ()), "mpl-data", "fonts", "ttf")  # type: ignore[union-attr]
"""Where DejaVu Sans lies, which comes with Matplotlib."""


def clean(text: str) -> str:
    """`text` with letters and their accents composed, and any white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def untypesettable(text: str) -> str | None:
    """Which character of `text` figures and documents cannot show, and why; None where they show it all."""
    shown = clean(text)
    if shown.isascii() and shown.isprintable():
        return None
    for character in shown:
        if reason := _obstacle(character):
            name = unicodedata.name(character, "a character without a name")
            return f"it holds U+{ord(character):04X} ({name}), {reason}; write it otherwise"
    return None


def typesettable(text: str) -> str:
    """`text`, cleaned.

    Raises:
        UserError: figures and documents could not show it.
    """
    if reason := untypesettable(text):
        raise UserError(f"The text {text!r} cannot be typeset: {reason}.")
    return clean(text)


def is_plain(texts: Iterable[str]) -> bool:
    """Whether pdflatex has all characters of `texts`."""
    return all(
        character.isascii() or character in SYMBOLS or character in _LATIN
        for text in texts
        for character in set(clean(text))
    )


def _obstacle(character: str) -> str:
    """Why `character` cannot be shown; empty where it can."""
    kind = unicodedata.category(character)
    if kind.startswith(("C", "Z")) and character != " ":
        return "which has no shape of its own"
    if kind.startswith("M"):
        return "which combines with its neighbour in a way that the fonts do not have"
    if unicodedata.bidirectional(character) in ("R", "AL", "AN"):
        return "which is written from right to left"
    return "" if ord(character) in _shapes() else "which is in no font of figures and documents"


@lru_cache(maxsize=1)
def _shapes() -> frozenset[int]:
    """The characters that DejaVu Sans has, upright and bold."""
    return _shapes_of("DejaVuSans") & _shapes_of("DejaVuSans-Bold")


def _shapes_of(cut: str) -> frozenset[int]:
    with TTFont(FONTS / f"{cut}.ttf", lazy=True) as font:
        return frozenset(font.getBestCmap())
