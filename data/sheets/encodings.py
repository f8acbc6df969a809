"""Text of a file's bytes: Unicode, Windows-1252 and Shift-JIS, each only where it is certain.

UTF-8 and UTF-16 prove themselves. In the others nearly any bytes are text, so that the text must
look like a language that is written in them; otherwise the file is refused. The note that tells
the encoding quotes a word, by which the user sees whether it was right.
"""

import re
import unicodedata

from ..errors import DataError, data_error, shown

SAVE_AS_UTF8 = "save it as 'CSV UTF-8 (comma delimited)' or export it again"
_NEWLINE = re.compile(rb"\r\n|\n|\r")
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_NON_ASCII_RUN = re.compile(rb"[\x80-\xff]+")
_UTF8_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_WORD = re.compile(r"[A-Za-z0-9_]*(?:[^\x00-\x7f]+[A-Za-z0-9_]*)+")
_WORDS_ONLY = bytes(c if c > 127 or chr(c).isalnum() else ord(" ") for c in range(256))
_CHUNK = 1 << 20  # characters
_ACCENTED_RUN = re.compile(r"[^\W\x00-\x7f]{3}")

# Letters of the languages that are written in Windows-1252. Those of one group occur together; a
# mixture of both, or any other letter, betrays Central Europe, the Baltic, Turkey or a Mac.
_ROMANCE_AND_GERMAN = frozenset("àâäáãçéèêëíîïìñóôöõòúûüùßœæ")
_NORDIC = frozenset("åäæöøéüß")
_BETWEEN_LETTERS = frozenset("’·–—\xa0\xad")
_SYMBOLS = frozenset("€£¥¢§©®°²³½¼¾«»‘“”„…•™¿¡ªº´×") | _BETWEEN_LETTERS
_MAX_ACCENTED_SHARE = 0.4  # of the letters of words with accents; other alphabets have only such
_MIN_COMMON_SHARE = 0.8  # of Japanese characters; other encodings give rare ones


def as_utf8(file: str, data: bytes) -> tuple[bytes, list[str]]:
    """The same text in UTF-8 without byte order mark, and notes on what was tolerated.

    Args:
        file: name, for messages.
        data: content of the file.

    Raises:
        DataError: the encoding is not certain, or the file is damaged.
    """
    zero = data.find(b"\0")
    if data[:2] in _UTF16:
        name = _UTF16[data[:2]]
        note = f"{file}: read as UTF-16, which its byte order mark declares."
        return _utf8_of(file, _utf16_text(file, data[2:], name)), [note]
    if zero >= 0:
        text = _unmarked_utf16(data)
        if text is None:
            raise nul_byte(file, data, zero)
        return text.encode(), [f"{file}: read as UTF-16, which its zero bytes show."]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        text, name = _legacy_text(file, data, error)
        word = next((match.group() for match in _WORD.finditer(text)), "")
        return text.encode(), [
            f"{file}: not in UTF-8; read as {name}, for instance {shown(word)}. If this word is "
            "wrong, save the file as UTF-8."
        ]
    if b"\x1b$" in data:
        raise data_error(file, "the text is in ISO-2022-JP", "text in UTF-8", SAVE_AS_UTF8)
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:], [byte_order_mark_note(file)]
    return data, []


def byte_order_mark_note(file: str) -> str:
    """Note on a byte order mark of UTF-8."""
    return f"{file}: skipped a byte order mark before the header."


def nul_byte(file: str, data: bytes, position: int) -> DataError:
    """Error for a NUL byte within text."""
    return data_error(
        file,
        "a NUL byte: the file is damaged or not in UTF-8",
        "text in UTF-8",
        "export the file again as comma-separated CSV in UTF-8",
        row=line_of(data, position),
    )


def line_of(data: bytes, position: int) -> int:
    """Line of a byte position, counted from 1."""
    return len(_NEWLINE.findall(data, 0, position)) + 1


def _utf8_of(file: str, text: str) -> bytes:
    data = text.removeprefix("\ufeff").encode()
    zero = data.find(b"\0")
    if zero >= 0:
        raise nul_byte(file, data, zero)
    return data


def _utf16_text(file: str, data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise data_error(
            file,
            f"the text is not complete UTF-16 ({error.reason})",
            "two bytes for every character",
            "the file seems to be cut off or damaged: export or copy it again",
            row=len(re.findall(r"\r\n?|\n", data[: error.start].decode(name, "ignore"))) + 1,
        ) from error


def _unmarked_utf16(data: bytes) -> str | None:
    """Text of UTF-16 without mark, if only one order of the bytes gives text with line ends.

    In the other order a line end is an unassigned character.
    """
    texts = []
    for name in _UTF16.values():
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if {"\n", "\r"} & (characters := set(text)) and not any(map(_is_no_text, characters)):
            texts.append(text)
    return texts[0] if len(texts) == 1 else None


def _is_no_text(character: str) -> bool:
    """True for controls, unassigned and private characters."""
    return character not in "\t\r\n\v\f\ufeff" and unicodedata.category(character) in (
        "Cc",
        "Cn",
        "Co",
        "Cs",
    )


def _legacy_text(file: str, data: bytes, error: UnicodeDecodeError) -> tuple[str, str]:
    """Text of bytes that are not UTF-8, and the name of their encoding.

    Raises:
        DataError: the bytes are damaged UTF-8, or no encoding is certain.
    """
    line, byte = line_of(data, error.start), f"byte 0x{data[error.start]:02x}"
    runs = _NON_ASCII_RUN.findall(data)
    invalid = len(_UTF8_CHARACTER.sub(b"", b" ".join(runs)).replace(b" ", b""))
    if invalid <= sum(map(len, runs)) / 2 or error.reason == "unexpected end of data":
        raise data_error(
            file,
            f"{byte} is not UTF-8, while the rest of the file is: the file is damaged or cut off",
            "text in UTF-8",
            "export or copy the file again",
            row=line,
        )
    plausible = []
    for codec, name, looks_right in (
        ("cp1252", "Windows-1252", _is_western),
        ("cp932", "Shift-JIS", _is_japanese),
    ):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if looks_right(text):
            plausible.append((text, name))
    if len(plausible) == 1:
        return plausible[0]
    raise data_error(
        file,
        f"{byte} is not UTF-8, and which other encoding it belongs to is not certain",
        "text in UTF-8; or in UTF-16, Windows-1252 or Shift-JIS where that is certain",
        SAVE_AS_UTF8,
        row=line,
    )


def _foreign_words(text: str) -> set[str]:
    """Distinct words with a character beyond ASCII."""
    words: set[bytes] = set()
    for start in range(0, len(text), _CHUNK):
        words.update(text[start : start + _CHUNK].encode().translate(_WORDS_ONLY).split())
    return {word.decode() for word in words if not word.isascii()}


def _is_western(text: str) -> bool:
    """True if every accented word may be of a Western European language."""
    letters: set[str] = set()
    accented = total = 0
    for word in _foreign_words(text):
        accents = [c for c in word if c > "\x7f" and c.isalpha() and c not in "ªº"]
        if _ACCENTED_RUN.search(word) or not _has_plausible_symbols(word):
            return False
        letters.update("".join(accents).lower())
        if accents:
            accented += len(accents)
            total += sum(map(str.isalpha, word))
    if letters == {"œ"}:  # on a Mac, an accented u
        return False
    fits = letters <= _ROMANCE_AND_GERMAN or letters <= _NORDIC
    return fits and accented <= max(2, _MAX_ACCENTED_SHARE * total)


def _has_plausible_symbols(word: str) -> bool:
    """True if no symbol of the word stands where another encoding has a letter."""
    for position, character in enumerate(word):
        if character < "\x80" or (character.isalpha() and character not in "ªº"):
            continue
        if character not in _SYMBOLS:
            return False
        around = word[max(position - 1, 0) : position] + word[position + 1 : position + 2]
        if len(around) == 2 and around.isalpha() and around.isascii():
            if character not in _BETWEEN_LETTERS:
                return False
            if character in "–—" and around.islower():  # on a Mac, an accented n or o
                return False
    return True


def _is_japanese(text: str) -> bool:
    """True if the characters beyond ASCII are mostly kana and common kanji."""
    foreign = [c for word in _foreign_words(text) for c in word if c > "\x7f"]
    kana = [c for c in foreign if "\u3041" <= c <= "\u30fe"]
    private = any("\ue000" <= c <= "\uf8ff" for c in foreign)
    common = sum(map(_is_common_japanese, foreign))
    return bool(kana) and not private and common >= _MIN_COMMON_SHARE * len(foreign)


def _is_common_japanese(character: str) -> bool:
    """True for kana, punctuation, full-width forms and kanji of the first level of JIS."""
    code = character.encode("cp932", "ignore")
    return len(code) == 2 and (0x81 <= code[0] <= 0x83 or 0x88 <= code[0] <= 0x98)
