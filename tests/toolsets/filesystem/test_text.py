# ruff: noqa: RUF001  the letters of other scripts are the point
"""What bytes are taken for."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import hashlib
import struct
from encodings.aliases import aliases

import pytest

from seawall.toolsets.filesystem.text import SAMPLE_SIZE, canonical, detect, newline_style, with_newlines

GERMAN = "Die Größe der Tür ist für Übermut böse. Äpfel, Straße, schön grün.\n"
FRENCH = "Le café est situé à côté de la forêt ; où êtes-vous né ? Très bien, déjà vu, garçon.\n"
RUSSIAN = "Привет, мир! Это обычный русский текст, по которому узнают кодировку файла.\n"
GREEK = "Καλημέρα κόσμε, αυτό είναι ένα κείμενο για την κωδικοποίηση.\n"
JAPANESE = "これは日本語のテキストです。文字コードを判定します。漢字とかなの混在。\n"
NOISE = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(100))
CHINESE = "这是一个中文文本，用于检测编码。文件里的字符应当正确显示。\n"


@pytest.mark.parametrize(
    ("data", "encoding", "bom"),
    [
        (b"", "utf-8", 0),
        (b"plain\n", "utf-8", 0),
        (GERMAN.encode(), "utf-8", 0),
        (b"\xef\xbb\xbf" + GERMAN.encode(), "utf-8", 3),
        (GERMAN.encode("utf-16"), "utf-16-le", 2),
        (b"\xfe\xff" + GERMAN.encode("utf-16-be"), "utf-16-be", 2),
        (GERMAN.encode("utf-32"), "utf-32-le", 4),
        (GERMAN.encode("utf-16-le"), "utf-16-le", 0),
        (GERMAN.encode("utf-16-be"), "utf-16-be", 0),
        (JAPANESE.encode("utf-16"), "utf-16-le", 2),
        (b"caf\xe9\n", "iso-8859-1", 0),
        (GERMAN.encode("latin-1"), "iso-8859-1", 0),
        (FRENCH.encode("latin-1"), "iso-8859-1", 0),
        (b"# Author: Jos\xe9 Garc\xeda\ndef main(): ...\n", "iso-8859-1", 0),
        ("He said “hello” – it’s fine: 5 €.\n".encode("cp1252"), "windows-1252", 0),
        (RUSSIAN.encode("cp1251"), "windows-1251", 0),
        (RUSSIAN.encode("koi8-r"), "koi8-r", 0),
        (GREEK.encode("cp1253"), "windows-1253", 0),
        (JAPANESE.encode("cp932"), "cp932", 0),
        (JAPANESE.encode("euc_jp"), "euc-jp", 0),
        (CHINESE.encode("gb18030"), "gb18030", 0),
        (b"\x1b[31mred\x1b[0m\n", "utf-8", 0),
    ],
)
def test_the_encoding_is_found(data: bytes, encoding: str, bom: int) -> None:
    for copies in (1, 30):
        repeated = data[:bom] + data[bom:] * copies
        found = detect(repeated, complete=True)
        assert found is not None
        assert (found.encoding, len(found.bom)) == (encoding, bom)
        assert repeated[bom:].decode(found.encoding) == data[bom:].decode(encoding) * copies


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 13, b"IHDR"),
        gzip.compress(NOISE, mtime=0),
        NOISE,
        bytes(range(256)) * 4,
        bytes(1000),
        b"\x01" * 1000,
        struct.pack("<500h", *range(-250, 250)),
        b"\xff\xfe" + bytes(200),
    ],
    ids=["elf", "png", "gzip", "noise", "all bytes", "zeros", "controls", "numbers", "mark and zeros"],
)
def test_binary_is_no_text(data: bytes) -> None:
    assert detect(data, complete=True) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "gb18030", "cp932"])
@pytest.mark.parametrize("cut", range(1, 9))
def test_a_character_cut_at_the_end_of_the_sample_is_no_fault(encoding: str, cut: int) -> None:
    text = {"cp932": JAPANESE, "gb18030": CHINESE}.get(encoding, GERMAN + CHINESE) * 40
    mark = "\ufeff".encode(encoding) if encoding == "utf-16-le" else b""
    found = detect(mark + text.encode(encoding)[:-cut], complete=False)
    assert found is not None
    assert found.encoding == encoding


def test_a_cut_character_at_the_end_of_the_whole_file_is_a_fault() -> None:
    found = detect("naïve ä".encode()[:-1], complete=True)
    assert found is None or found.encoding != "utf-8"


def test_a_damaged_tail_does_not_change_what_the_head_says() -> None:
    data = GERMAN.encode() * (SAMPLE_SIZE // 50) + b"\xff\xfe damaged"
    assert len(data) > SAMPLE_SIZE
    found = detect(data, complete=True)
    assert found is not None
    assert found.encoding == "utf-8"


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("", "none"),
        ("one", "none"),
        ("a\nb", "lf"),
        ("a\r\nb\r\n", "crlf"),
        ("a\rb\r", "cr"),
        ("a\r\nb\n", "mixed"),
        ("a\rb\n", "mixed"),
    ],
)
def test_the_style_of_line_endings_is_found(text: str, style: str) -> None:
    assert newline_style(text) == style


def test_line_endings_are_turned_into_one_style() -> None:
    assert with_newlines("a\nb\r\nc\rd", "lf") == "a\nb\nc\nd"
    assert with_newlines("a\nb\r\nc\rd", "crlf") == "a\r\nb\r\nc\r\nd"
    assert with_newlines("a\nb\r\n", "cr") == "a\rb\r"
    assert with_newlines("a\nb\r\n", "mixed") == "a\nb\r\n"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("UTF8", "utf-8"),
        ("latin1", "iso-8859-1"),
        ("cp1252", "windows-1252"),
        ("Shift-JIS", "shift_jis"),
        ("utf-7", None),
        ("iso2022_jp", None),
        ("idna", None),
        ("unicode_escape", None),
        ("hex", None),
        ("rot13", None),
        ("no such", None),
        ("utf\0-8", None),
        ("", None),
        ("../../x", None),
    ],
)
def test_only_encodings_that_can_be_read_in_parts_are_offered(name: str, known: str | None) -> None:
    assert canonical(name) == known


def test_every_spelling_that_python_knows_is_known() -> None:
    """Names are looked up in a table of our own, which says what Python's registry would."""
    python: dict[str, str] = {}
    for spelling in {*aliases, *aliases.values()}:
        with contextlib.suppress(LookupError):  # of another platform
            python[spelling] = codecs.lookup(spelling).name
    ours = {spelling: known for spelling in python if (known := canonical(spelling)) is not None}
    offered = {codecs.lookup(known).name for known in ours.values()}
    assert {spelling: codecs.lookup(known).name for spelling, known in ours.items()} == {
        spelling: name for spelling, name in python.items() if name in offered
    }
    assert len(offered) > 40
