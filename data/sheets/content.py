"""Bytes of a file within bounds: regular files only, other formats refused, gz and zip unpacked."""

import gzip
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import DataError, data_error, shown

MAX_BYTES = 1_000_000_000  # of a file
MAX_UNPACKED_BYTES = 2_000_000_000  # of all that a gz, zip or xlsx file holds
EXPORT_AS_CSV = "export the file again as comma-separated CSV in UTF-8"
_READABLE = "delimited text (CSV) or a workbook (xlsx), also as gz or zip"
_MAX_MEMBERS = 200  # files of an archive
_MAX_ENTRIES = 10_000  # of its directory: a workbook has parts beside its sheets
_MAX_DIRECTORY = 4_000_000  # bytes
_ENTRY = b"PK\x01\x02"  # beginning of an entry of the directory
_CHUNK = 1 << 20  # bytes that are unpacked at a time
_ZIP, _GZIP, _OLD_WORKBOOK = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0"
_PARQUET = b"PAR1"
_OTHER_FORMATS = {  # first bytes -> format
    _ZIP: "a spreadsheet workbook (xlsx) or another zip archive",
    _OLD_WORKBOOK: "a spreadsheet workbook (xls)",
    _GZIP: "a compressed file (gzip)",
    b"%PDF": "a PDF document",
    _PARQUET: "a Parquet file",
}
_RARER_FORMATS = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"BZh91AY&SY": "a compressed file (bzip2)",
    b"\xfd7zXZ\0": "a compressed file (xz)",
    b"\x28\xb5\x2f\xfd": "a compressed file (zstd)",
    b"SQLite format 3\0": "a SQLite database",
    b"ARROW1": "a Feather file",
}
_FIXES = {  # first bytes -> what to do instead of exporting as CSV
    _OLD_WORKBOOK: "open it in a spreadsheet and save it as xlsx, without a password",
    _PARQUET: "write it as CSV, with pandas for instance: read_parquet(...).to_csv(...)",
}
_JSON = re.compile(rb"\s*(\{\s*[\"}]|\[\s*[\[{\"])")
UNPACKING_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,  # also UnicodeDecodeError
    EOFError,
    OSError,
    RuntimeError,  # also NotImplementedError
    IndexError,
    KeyError,
    OverflowError,
)


class Content(NamedTuple):
    """Unpacked bytes of one text file or workbook."""

    file: str  # name, for messages
    data: bytes
    is_workbook: bool  # an xlsx file, still packed
    notes: tuple[str, ...]  # compression


def read_file(path: Path) -> bytes:
    """Content of a regular file.

    Raises:
        DataError: the file is absent, not a regular file, too large or unreadable.
    """
    _refuse_irregular(path)
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise data_error(
            path.name,
            f"the file cannot be read ({reason.lower()})",
            "a readable CSV file",
            "check that it is a file, that no other program has it open and that you may read it",
        ) from error


def read_contents(path: Path) -> list[Content]:
    """Bytes of each text file or workbook of a file, unpacked from gz or zip.

    Raises:
        DataError: the file is absent, not a regular file, too large, damaged or of another format.
    """
    return _unpacked(path.name, read_file(path))


def read_content(path: Path) -> Content:
    """The only text file or workbook of a file; see `read_contents`.

    Raises:
        DataError: as `read_contents`, or the file is an archive of several.
    """
    contents = read_contents(path)
    if len(contents) > 1:
        names = ", ".join(shown(content.file) for content in contents[:6])
        raise data_error(
            path.name,
            f"the archive holds {len(contents)} files: {names}",
            "exactly one table in an archive",
            "unpack it and give the tables one by one",
        )
    return contents[0]


def _refuse_irregular(path: Path) -> None:
    """Raises for folders, pipes and devices, and for files that are too large."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return  # `read_file` says why
    if stat.S_ISDIR(status.st_mode) or not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, a socket or a device"
        raise data_error(
            path.name, f"this is {kind}, not a file", "a regular file", "give the path of the file"
        )
    if status.st_size > MAX_BYTES:
        raise data_error(
            path.name,
            f"the file has {status.st_size:,} bytes",
            f"at most {MAX_BYTES:,} bytes",
            "export a shorter period, fewer columns or one file per year",
        )


def _unpacked(file: str, data: bytes, *, nested: bool = False) -> list[Content]:
    """Contents of plain, gz or zip bytes; `nested` if they come out of an archive."""
    if data.startswith(_ZIP) and _is_workbook(file, data):
        return [Content(file, data, True, ())]
    packed = data.startswith((_ZIP, _GZIP))
    if packed and nested:
        raise _unreadable(
            file, "an archive within an archive", "unpack it and give the table in it"
        )
    if packed:
        is_zip = data.startswith(_ZIP)
        members = _unzipped(file, data) if is_zip else [_gunzipped(file, data)]
        kind = "zip archive" if is_zip else "gz file"
        return [
            content._replace(notes=(f"{name}: unpacked from a {kind}.", *content.notes))
            for name, inner in members
            for content in _unpacked(name, inner, nested=True)
        ]
    refuse_empty(file, data)
    _refuse_other_formats(file, data)
    return [Content(file, data, False, ())]


def _gunzipped(file: str, data: bytes) -> tuple[str, bytes]:
    """Name for messages and content of a gz file."""
    parts, size = [], 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while part := stream.read(_CHUNK):
                parts.append(part)
                size += len(part)
                refuse_unpacked_size(file, size)
    except UNPACKING_ERRORS as error:
        raise damaged(file, error) from error
    unpacked = b"".join(parts)
    if unpacked[257:262] == b"ustar":
        raise _unreadable(file, "a tar archive", "unpack it and give the table that it holds")
    return file, unpacked


def _unzipped(file: str, data: bytes) -> list[tuple[str, bytes]]:
    """Name for messages and content of each file of a zip archive."""
    members = [m for m in zip_members(file, data) if not _is_litter(m.filename)]
    if not 1 <= len(members) <= _MAX_MEMBERS:
        raise data_error(
            file,
            f"the archive holds {len(members):,} files",
            f"1 to {_MAX_MEMBERS} tables in an archive",
            "unpack it and give the tables in a folder",
        )
    refuse_unpacked_size(file, sum(member.file_size for member in members))
    return [
        (
            f"{file}, file {Path(member.filename).name}",
            b"".join(member_bytes(file, data, member)),
        )
        for member in members
    ]


def _is_litter(name: str) -> bool:
    """True for folders and for files that operating systems add to archives."""
    return name.endswith(("/", ".DS_Store", "Thumbs.db")) or name.startswith("__MACOSX/")


class _Directory(io.BytesIO):
    """Archive whose directory `zipfile` reads whole, and makes a record of each entry of it."""

    def __init__(self, file: str, data: bytes) -> None:
        super().__init__(data)  # shares the bytes
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        """Bytes; raises DataError for more than a directory may have."""
        bytes_read = super().read(min(size, _MAX_DIRECTORY + 1) if size and size > 0 else size)
        entries = bytes_read.count(_ENTRY)
        if len(bytes_read) > _MAX_DIRECTORY or entries > _MAX_ENTRIES:
            raise data_error(
                self._file,
                f"the directory of the archive has {len(bytes_read):,} bytes and {entries:,} "
                "entries or more",
                f"at most {_MAX_DIRECTORY:,} bytes and {_MAX_ENTRIES:,} entries",
                "unpack it and give the tables in a folder",
            )
        return bytes_read


def zip_members(file: str, data: bytes) -> list[zipfile.ZipInfo]:
    """Entries of a zip archive.

    Raises:
        DataError: the archive is damaged or encrypted, or its directory is too large.
    """
    try:
        with zipfile.ZipFile(_Directory(file, data)) as archive:
            members = archive.infolist()
    except UNPACKING_ERRORS as error:
        raise damaged(file, error) from error
    if any(member.flag_bits & 1 for member in members):
        raise _unreadable(file, "the archive has a password", "unpack or save it without one")
    return members


def member_bytes(file: str, data: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unpacked bytes of one entry of a zip archive, piece by piece, checked.

    `zipfile` stops at the size that the archive claims; other programs do not.

    Raises:
        DataError: the entry is damaged, or larger than it claims.
    """
    size = checksum = 0
    try:
        for part in _inflated(data, member):
            size += len(part)
            checksum = zlib.crc32(part, checksum)
            if size > member.file_size:
                raise ValueError(f"{member.filename} is larger than it claims")
            yield part
        if size != member.file_size or checksum != member.CRC:
            raise ValueError(f"{member.filename} is not complete")
    except UNPACKING_ERRORS as error:
        raise damaged(file, error) from error


def _inflated(data: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    names = struct.unpack_from("<HH", data, member.header_offset + 26)
    start = member.header_offset + 30 + sum(names)
    packed = memoryview(data)[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        yield bytes(packed)
        return
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise ValueError(f"compression method {member.compress_type} is not supported")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for begin in range(0, len(packed), _CHUNK):
        pending: bytes | memoryview = packed[begin : begin + _CHUNK]
        while pending and not inflater.eof:
            yield inflater.decompress(pending, _CHUNK)
            pending = inflater.unconsumed_tail
    yield inflater.flush()


def _is_workbook(file: str, data: bytes) -> bool:
    """True for an xlsx file.

    Raises:
        DataError: another format that is a zip archive within.
    """
    names = {member.filename for member in zip_members(file, data)}
    if "xl/workbook.bin" in names or "Index/Document.iwa" in names or "content.xml" in names:
        kind = "a workbook of another format (xlsb, ods or numbers)"
        raise _unreadable(file, kind, "save it as xlsx or as CSV UTF-8")
    if "word/document.xml" in names:
        raise _unreadable(file, "a text document (docx)", EXPORT_AS_CSV)
    return "xl/workbook.xml" in names


def refuse_unpacked_size(file: str, size: int) -> None:
    """Raises if what an archive holds is too large."""
    if size > MAX_UNPACKED_BYTES:
        raise data_error(
            file,
            f"the archive unpacks to {size:,} bytes or more",
            f"at most {MAX_UNPACKED_BYTES:,} bytes unpacked",
            "export a shorter period, fewer columns or one file per year",
        )


def damaged(file: str, error: BaseException) -> DataError:
    """Error for an archive or workbook that cannot be unpacked."""
    if isinstance(error, DataError):
        return error
    reason = " ".join(str(error).split()) or type(error).__name__
    return data_error(
        file,
        f"the file is damaged or incomplete ({shown(reason)})",
        "a complete archive or workbook",
        "download or export it again",
    )


def refuse_empty(file: str, data: bytes) -> None:
    """Raises for a file without any cell."""
    if not data.strip(b" ,\t\r\n\xef\xbb\xbf"):
        raise data_error(file, "the file is empty", "a CSV file with a header", EXPORT_AS_CSV)


def other_format(data: bytes) -> str | None:
    """Format of content that is not CSV, whatever the name of the file; None if it may be CSV."""
    kind = next((k for magic, k in _OTHER_FORMATS.items() if data.startswith(magic)), None)
    if kind is None and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        kind = "text in UTF-16"
    if kind is None and data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        kind = "a web page (HTML or XML)"
    return kind


def _refuse_other_formats(file: str, data: bytes) -> None:
    """Raises for content that is neither delimited text nor an archive."""
    kind = None if data[:2] in (b"\xff\xfe", b"\xfe\xff") else other_format(data)
    kind = kind or next((k for magic, k in _RARER_FORMATS.items() if data.startswith(magic)), None)
    if kind is None and _JSON.match(data):
        kind = "JSON"
    if kind is not None:
        fix = next((f for magic, f in _FIXES.items() if data.startswith(magic)), EXPORT_AS_CSV)
        raise _unreadable(file, f"the content is {kind}", fix)


def _unreadable(file: str, given: str, fix: str) -> DataError:
    return data_error(file, given, _READABLE, fix)
