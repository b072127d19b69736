"""Pictures: what is stored is pixels and nothing else."""

import hashlib
import io
import random
import struct
import threading
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from trace.core.blobs import (
    DENSE_EDGE,
    HEAVIEST_BYTES,
    LARGEST_BYTES,
    LONGEST_EDGE,
    THUMBNAIL_EDGE,
    Blob,
    BlobStore,
    Size,
    store_picture,
)
from trace.core.database import make_engine, new_session
from trace.core.errors import BadInput


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "pictures")


def _picture(kind: str = "JPEG", size: tuple[int, int] = (1200, 900), **options: object) -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", size, "#0B6B3A").save(out, kind, **options)
    out.seek(0)
    return out


def _lying_exif(tag: int, kind: int, count: int, value: bytes) -> bytes:
    """Metadata that asks for a turn and has one more entry, of a type its tag never has."""
    return (
        b"Exif\0\0II*\0"
        + struct.pack("<IH", 8, 2)
        + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
        + struct.pack("<HHI4s", tag, kind, count, value)
        + struct.pack("<I", 0)
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_in_every_size_under_its_hash(
    session: Session, store: BlobStore, kind: str
) -> None:
    sha256 = store_picture(session, store, _picture(kind), "picture")
    assert hashlib.sha256(store.path(sha256).read_bytes()).hexdigest() == sha256
    with Image.open(store.path(sha256)) as large:
        assert max(large.size) == LONGEST_EDGE
    for size, edge in ((Size.DENSE, DENSE_EDGE), (Size.SMALL, THUMBNAIL_EDGE)):
        with Image.open(store.path(sha256, size)) as thumbnail:
            assert thumbnail.size == (edge, edge)
    assert session.get_one(Blob, sha256).width == LONGEST_EDGE


def _noise(edge: int) -> io.BytesIO:
    """What compresses worst: every pixel by chance, the same each time."""
    out = io.BytesIO()
    Image.frombytes("RGB", (edge, edge), random.Random(5).randbytes(edge * edge * 3)).save(out, "PNG")
    out.seek(0)
    return out


def test_the_busiest_picture_is_light_in_every_size(session: Session, store: BlobStore) -> None:
    sha256 = store_picture(session, store, _noise(LONGEST_EDGE), "picture")
    assert max(store.path(sha256, size).stat().st_size for size in Size) <= HEAVIEST_BYTES


def test_a_paper_is_kept_as_sharp_as_it_is_read(session: Session, store: BlobStore) -> None:
    sha256 = store_picture(session, store, _noise(LONGEST_EDGE), "papers", heaviest=None)
    assert store.path(sha256).stat().st_size > HEAVIEST_BYTES


def test_a_picture_from_before_a_size_is_shown_in_the_one_it_has(session: Session, store: BlobStore) -> None:
    sha256 = store_picture(session, store, _picture(), "picture")
    store.path(sha256, Size.DENSE).unlink()
    assert store.find(sha256, Size.DENSE) == store.path(sha256, Size.SMALL)


def test_metadata_does_not_survive(session: Session, store: BlobStore) -> None:
    exif = Image.Exif()
    exif[0x010E] = "thửa nhà ông Mẫu"
    sha256 = store_picture(session, store, _picture(exif=exif), "picture")
    with Image.open(store.path(sha256)) as kept:
        assert not kept.getexif()


def test_a_picture_taken_sideways_is_turned_upright(session: Session, store: BlobStore) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sha256 = store_picture(session, store, _picture(size=(400, 200), exif=exif), "picture")
    with Image.open(store.path(sha256)) as kept:
        assert kept.size == (200, 400)


def test_the_same_picture_twice_is_one(session: Session, store: BlobStore) -> None:
    first = store_picture(session, store, _picture("PNG"), "picture")
    assert store_picture(session, store, _picture("PNG"), "picture") == first
    assert len(list(store.folder.rglob("*.webp"))) == len(Size)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"GIF89a" + b"\0" * 50,
        _picture().getvalue()[:200],
    ],
)
def test_what_is_no_picture_is_refused_on_its_field(
    session: Session, store: BlobStore, content: bytes
) -> None:
    with pytest.raises(BadInput) as refused:
        store_picture(session, store, io.BytesIO(content), "picture")
    assert (refused.value.code, refused.value.field) == ("not-a-picture", "picture")


@pytest.mark.parametrize(
    "exif",
    [
        _lying_exif(0x0100, 1, 1, b"abc\0"),
        _lying_exif(0x0106, 3, 2, b"abc\0"),
        _lying_exif(0x010D, 5, 1, b"\0\0\0\0"),
        _lying_exif(0x011A, 1, 1, b"abc\0"),
        _lying_exif(0x011A, 11, 1, b"\xff\xff\xff\xff"),
    ],
)
def test_metadata_that_lies_about_its_types_is_refused(
    session: Session, store: BlobStore, exif: bytes
) -> None:
    with pytest.raises(BadInput) as refused:
        store_picture(session, store, _picture(exif=exif), "picture")
    assert refused.value.code == "not-a-picture"


def test_one_picture_sent_twice_at_once_is_one(fresh_database: str, store: BlobStore) -> None:
    engine = make_engine(fresh_database)
    gate = threading.Barrier(4)
    kept: list[str] = []

    def send() -> None:
        with new_session(engine) as session:
            gate.wait()
            kept.append(store_picture(session, store, _picture("PNG"), "picture"))
            session.commit()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert len(kept) == 4
    assert len(set(kept)) == 1
    assert sorted(path.suffix for path in store.folder.rglob("*.*")) == [".webp"] * len(Size)


def test_a_file_over_five_megabytes_is_refused_unread(session: Session, store: BlobStore) -> None:
    with pytest.raises(BadInput) as refused:
        store_picture(session, store, io.BytesIO(b"\0" * (LARGEST_BYTES + 10)), "picture")
    assert refused.value.code == "picture-too-large"


def test_a_picture_of_too_many_pixels_is_refused(session: Session, store: BlobStore) -> None:
    bomb = io.BytesIO()
    Image.new("1", (7000, 6000)).save(bomb, "PNG")
    bomb.seek(0)
    with pytest.raises(BadInput) as refused:
        store_picture(session, store, bomb, "picture")
    assert refused.value.code == "not-a-picture"
