"""Uploads: what is kept, what is refused, and where nothing must be written."""

import io
import json
import random
import struct
import tracemalloc
import zipfile

import pytest
from helpers.server import api_of, bearer, client_of

from mediagym.data.storage import SAMPLE
from mediagym.scripts.app.api import datasets
from mediagym.scripts.app.api.archives import unpack
from mediagym.scripts.app.api.names import checked_name
from mediagym.scripts.app.security import ProblemError

pytestmark = pytest.mark.anyio
GOOGLE = (SAMPLE / "googleads-performance.csv").read_bytes()
META = (SAMPLE / "metaads-performance.csv").read_bytes()


def files(*named):
    return [("files", pair) for pair in named]


def packed(*members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


async def upload(client, *named, **fields):
    fields = {"advertiser": "acme"} | fields
    return await client.post("/v1/datasets", data=fields, files=files(*named))


def leftovers(store):
    return list((store.folder / "work").glob(".upload-*"))


async def test_exports_are_read_and_kept_and_the_same_again_are_the_same(client, store):
    first = await upload(client, ("google.csv", GOOGLE), ("meta.csv", META), name="June")
    assert first.status_code == 201
    dataset = first.json()["dataset"]
    assert first.json()["checked"]
    assert first.headers["Location"] == f"/v1/datasets/{dataset['id']}"
    assert [file["name"] for file in dataset["files"]] == ["google.csv", "meta.csv"]
    assert (store.dataset_folder(dataset["id"]) / "google.csv").read_bytes() == GOOGLE
    again = await upload(client, ("meta.csv", META), ("google.csv", GOOGLE), name="again")
    assert again.json()["dataset"]["id"] == dataset["id"]
    shown = await client.get(first.headers["Location"])
    assert shown.json() == dataset
    assert not leftovers(store)


async def test_a_zip_is_unpacked_without_its_folders(client, store):
    content = packed(("June/google.csv", GOOGLE), ("__MACOSX/._x", b"x"), ("June/", b""))
    answer = await upload(client, ("exports.zip", content))
    assert answer.status_code == 201, answer.text
    assert [file["name"] for file in answer.json()["dataset"]["files"]] == ["google.csv"]


async def test_exports_that_cannot_be_read_are_refused_with_file_row_and_column(client, store):
    lines = GOOGLE.decode().splitlines()
    cells = lines[4].split(",")
    cost = lines[0].split(",").index("Cost")
    lines[4] = ",".join([*cells[:cost], "many", *cells[cost + 1 :]])
    before = store.datasets()
    answer = await upload(client, ("google.csv", "\n".join(lines).encode()))
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "invalid-data"
    (place,) = problem["problems"]
    assert (place["file"], place["row"], place["column"]) == ("google.csv", 5, "Cost")
    assert str(store.folder) not in answer.text
    assert store.datasets() == before
    assert not leftovers(store)


async def test_exports_whose_reading_needs_settings_can_be_kept_unread(client):
    answer = await client.post(
        "/v1/datasets?check=false", data={"advertiser": "acme"}, files=files(("a.csv", b"x\n1\n"))
    )
    assert answer.status_code == 201
    assert not answer.json()["checked"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("../../escaped.csv", 422),
        ("/etc/escaped.csv", 422),
        ("..\\escaped.csv", 422),
        ("a/b.csv", 422),
        ("..", 422),
        (".hidden.csv", 422),
        ("\u202egnp.csv", 422),
        ("n" * 300 + ".csv", 422),
        ("program.exe", 415),
        ("google", 415),
    ],
)
async def test_a_hostile_name_is_refused_and_nothing_is_written(client, store, name, status):
    before = {path for path in store.folder.parent.rglob("*") if "sqlite" not in path.name}
    answer = await upload(client, (name, GOOGLE))
    assert answer.status_code == status, answer.text
    if "/" not in name or name.startswith(("/", "..")):  # folders of archives are allowed
        answer = await upload(client, ("exports.zip", packed((name, GOOGLE))))
        assert answer.status_code == status, answer.text
    after = {path for path in store.folder.parent.rglob("*") if "sqlite" not in path.name}
    assert after == before


@pytest.mark.parametrize("name", ["x\x07y.csv", "x\r\ny.csv", "x\0.csv", "\ud800.csv"])
async def test_a_name_that_cannot_be_shown_is_refused(name):
    with pytest.raises(ProblemError, match="printable"):
        checked_name(name, (), (".csv",))


async def test_two_files_of_one_name_are_refused(client):
    assert (await upload(client, ("a.csv", GOOGLE), ("A.csv", META))).status_code == 422
    twice = packed(("x/a.csv", GOOGLE), ("y/a.csv", META))
    assert (await upload(client, ("exports.zip", twice))).status_code == 422


async def test_an_archive_that_unpacks_to_too_much_is_refused(client, store):
    bomb = packed(("bomb.csv", b"\0" * 2**21))
    assert len(bomb) < 10_000
    answer = await upload(client, ("exports.zip", bomb))
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    half = packed(("half.csv", b"\0" * 700_000))
    together = await upload(client, ("a.csv", b"\0" * 700_000), ("exports.zip", half))
    assert together.status_code == 413
    many = packed(*((f"{number}.csv", b"x") for number in range(30)))
    assert (await upload(client, ("exports.zip", many))).status_code == 413
    assert not leftovers(store)


def empty_members(count):
    """An archive whose directory has as many members without any content as a flood has."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", *[0] * 9, 1, *[0] * 6) + b"x"
    assert len(entry) == 47
    directory = entry * count
    short = count & 0xFFFF
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, short, short, len(directory), 0, 0)
    return directory + end


def test_the_directory_of_an_archive_is_bounded_before_it_is_read(tmp_path):
    few, flood = tmp_path / "few.zip", tmp_path / "flood.zip"
    few.write_bytes(empty_members(1200))
    flood.write_bytes(empty_members(400_000))
    with pytest.raises(ProblemError, match="1200 members"):
        unpack(few, (".csv",), 20, 2**30)
    tracemalloc.start()
    try:
        with pytest.raises(ProblemError, match=r"a directory of 18,800,000 bytes"):
            unpack(flood, (".csv",), 20, 2**30)
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()


async def test_a_damaged_archive_is_refused(client):
    whole = packed(("google.csv", GOOGLE))
    middle = len(whole) // 2
    damaged = whole[:middle] + bytes(16) + whole[middle + 16 :]
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = 0o120777 << 16
    for content in (
        b"no archive",
        whole[:middle],
        damaged,
        packed(),
        packed((link, "/etc/passwd")),
    ):
        answer = await upload(client, ("exports.zip", content))
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == "invalid-data"


async def test_more_than_is_allowed_is_refused(store, owner):
    app = api_of(store, upload=100_000, files=2)
    async with client_of(app, **bearer(owner)) as client:
        large = await upload(client, ("a.csv", b"x" * 2_000_000))
        assert large.status_code == 413
        three = await upload(client, *((f"{name}.csv", b"x") for name in "abc"))
        assert (three.status_code, three.json()["limit"]) == (413, 2)
    assert not leftovers(store)


@pytest.mark.parametrize(
    "fields", [{"advertiser": "nobody"}, {"purpose": "else"}, {"other": "1"}, {"name": "\0"}]
)
async def test_a_field_that_is_not_allowed_is_refused(client, store, fields):
    answer = await upload(client, ("a.csv", GOOGLE), **fields)
    assert answer.status_code == 422
    assert not leftovers(store)


async def test_a_plan_of_ones_own_is_kept_unread(client, store):
    plan = json.dumps({"days": []}).encode()
    answer = await upload(client, ("mine.json", plan), purpose="plan")
    assert answer.status_code == 201
    assert answer.json()["dataset"]["purpose"] == "plan"
    exports = await upload(client, ("mine.json", plan))
    assert exports.status_code == 415


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=b", b"", 400),
        ("multipart/form-data; boundary=b", b"no form", 400),
        ("multipart/form-data; boundary=b", b"--b\r\nX: y\r\n\r\nz\r\n--b--", 400),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\ncut',
            400,
        ),
        ("multipart/form-data; boundary=" + "b" * 300, b"", 415),
    ],
)
async def test_what_is_no_whole_form_is_refused(client, store, kind, content, status):
    headers = {"Content-Type": kind}
    answer = await client.post("/v1/datasets", content=content, headers=headers)
    assert answer.status_code == status
    assert not leftovers(store)


async def test_memory_does_not_grow_with_the_upload(store, owner):
    """Twenty megabytes pass in pieces; at no time are two of them held."""
    size, piece = 20 * 2**20, 2**16
    app = api_of(store, upload=size * 2)
    head = (
        b'--b\r\nContent-Disposition: form-data; name="advertiser"\r\n\r\nacme\r\n'
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="big.csv"\r\n\r\n'
    )

    async def pieces():
        yield head
        for _ in range(size // piece):
            yield b"1,2,3\r\n" * (piece // 7) + b"\n" * (piece % 7)
        yield b"\r\n--b--\r\n"

    async with client_of(app, **bearer(owner)) as client:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        tracemalloc.start()
        answer = await client.post("/v1/datasets", content=pieces(), headers=headers)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert answer.status_code == 201, answer.text
    assert answer.json()["dataset"]["size"] == size > datasets.MAX_CHECKED
    assert not answer.json()["checked"]
    assert peak < 2 * 2**20


async def test_no_damaged_form_is_a_mistake_of_the_server(client, store):
    draw = random.Random(1)  # noqa: S311  # not for secrets
    small = b"\n".join(GOOGLE.splitlines()[:4])
    whole = client.build_request(
        "POST",
        "/v1/datasets",
        data={"advertiser": "acme"},
        files=files(("a.csv", small), ("b.zip", packed(("c.csv", small)))),
    )
    content = whole.read()
    seen = set()
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(draw.choice((1, 1, 3, 20))):
            place = draw.randrange(len(damaged))
            damaged[place : place + draw.choice((0, 1, 1, 9))] = draw.randbytes(draw.choice((1, 5)))
        if draw.random() < 0.2:
            del damaged[draw.randrange(len(damaged)) :]
        kind = {"Content-Type": whole.headers["Content-Type"]}
        answer = await client.post("/v1/datasets", content=bytes(damaged), headers=kind)
        seen.add(answer.status_code)
        assert answer.status_code in (201, 400, 413, 415, 422), bytes(damaged)
    assert {400, 415, 422} <= seen
    assert not leftovers(store)
