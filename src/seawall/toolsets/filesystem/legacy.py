"""Which legacy 8-bit or multi-byte encoding a text is written in: a deterministic guess.

Statistics alone mistake short Western texts (two accented letters say little), so the common case is decided
by rule: if the bytes make sense as Western European text, that is what they are. Only the rest is given to
charset-normalizer, with a short list of candidates, since a rare answer is more often wrong than right.

A guess may be wrong, but never harmful: the text that it gives turns back into the same bytes.
"""

from __future__ import annotations

from typing import Final

__all__ = ["guess", "keeps"]

_SAMPLE: Final = 16_384  # bytes around the first ones that are not ASCII
_LONGEST: Final = 4  # bytes of one character
_FEW: Final = 4  # letters that are no evidence of another script, even alone
_CANDIDATES: Final = {  # of charset-normalizer, in its spelling, and our name
    "cp1251": "windows-1251",
    "koi8_r": "koi8-r",
    "cp1250": "windows-1250",
    "iso8859_2": "iso-8859-2",
    "cp1253": "windows-1253",
    "cp1254": "windows-1254",
    "cp1255": "windows-1255",
    "cp1256": "windows-1256",
    "cp932": "cp932",
    "euc_jp": "euc-jp",
    "gb18030": "gb18030",
    "big5": "big5",
    "cp949": "cp949",
}
_WESTERN_LETTERS: Final = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœŠšŽžŸ")
_WESTERN_SIGNS: Final = frozenset(  # euro, quotation marks, dashes and the like of 80 to 9F; A0 to BF; the two operators
    "\u20ac\u201a\u201e\u2026\u2020\u2021\u2030\u2039\u203a\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u2122"
    + "".join(map(chr, {*range(0xA0, 0xC0), 0xD7, 0xF7} - {0xA6}))
)
_BETWEEN_LETTERS: Final = frozenset(
    "\u2018\u2019\xb4\xb7\u2013\u2014"
)  # signs that stand inside words: an apostrophe


def guess(data: bytes, *, complete: bool) -> str:
    """The name of the encoding, as `text.canonical` spells it; never fails, `iso-8859-1` at the last.

    Args:
        data: bytes that are neither ASCII nor UTF-8 as a whole.
        complete: whether `data` is the whole file; if not, a character cut at its end is no fault.
    """
    sample = _sample(data)
    western = _western_name(sample)
    if _looks_western(sample):
        return western
    from charset_normalizer import from_bytes  # noqa: PLC0415  few files ever need it, and every start would

    for cut in range(_LONGEST):  # the sample may end within a character, which no candidate would accept
        for match in from_bytes(sample[: len(sample) - cut], cp_isolation=list(_CANDIDATES)):  # best first
            name = _CANDIDATES.get(match.encoding)
            if name is not None and keeps(data, name, complete=complete):
                return name
    return western


def _sample(data: bytes) -> bytes:
    """Whole lines, if possible, from a little before the first byte that is not ASCII."""
    first = len(data) - len(data.lstrip(bytes(range(128))))
    start = data.rfind(b"\n", 0, first) + 1
    start = start if first - start < _SAMPLE // 2 else first
    sample = data[start : start + _SAMPLE]
    end = sample.rfind(b"\n") + 1
    return sample[:end] if end * 2 > len(sample) else sample


def _western_name(sample: bytes) -> str:
    """ISO 8859-1, unless the bytes 80 to 9F appear, which it leaves to control characters."""
    if not any(0x80 <= byte < 0xA0 for byte in sample):  # noqa: PLR2004  the C1 range
        return "iso-8859-1"
    return "windows-1252" if keeps(sample, "windows-1252", complete=True) else "iso-8859-1"


def _looks_western(sample: bytes) -> bool:
    try:
        text = sample.decode("windows-1252")
    except UnicodeDecodeError:
        return False
    high = odd = letters = 0
    for position, character in enumerate(text):
        if character.isascii():
            letters += character.isalpha()
            continue
        high += 1
        if character in _WESTERN_LETTERS:
            continue
        inside = text[position - 1 : position].isalpha() and text[position + 1 : position + 2].isalpha()
        odd += character not in _WESTERN_SIGNS or (inside and character not in _BETWEEN_LETTERS)
    # Scripts other than Latin are nearly all high bytes; Latin ones are mostly ASCII letters.
    return odd * 10 <= high <= max(_FEW, letters)


def keeps(data: bytes, name: str, *, complete: bool) -> bool:
    """Whether the data is text in that encoding, and this text the same data again.

    Some encodings have two codes for one character: text would come back with the other one.
    """
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        if complete or error.end != len(data):
            return False
        data = data[: error.start]
        text = data.decode(name)
    return text.encode(name) == data
