"""A producer at the screen: forms as their pages send them, and pictures to send."""

import html
import io
import re
import struct
import zlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from tests.web import token_of
from trace.accounts.permissions import Actor
from trace.core import clock

PRODUCT: dict[str, Any] = {
    "name": "Cải ngọt Ví Dụ",
    "ocop_set": "1",
    "measure": "KGM",
    "natural_loss_percent": "3",
    "expiry_kind": "use_by",
    "shelf_life_days": "3",
    "standards": "VietGAP\nTCVN 11892-1:2017",
    "brand": "Rau Ví Dụ",
    "net_content": "500 g",
    "description": "Trồng trong nhà lưới.",
}


@dataclass(frozen=True)
class Workspace:
    """One signed-in producer."""

    client: FlaskClient
    actor: Actor

    def send(self, path: str, **form: Any) -> TestResponse:
        """Send a form with its token."""
        return self.client.post(path, data={"csrf_token": token_of(self.client), **form})

    def page(self, path: str) -> str:
        """The text of a page that answers 200."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.status_code
        return answer.get_data(as_text=True)

    def add_product(self, **changed: Any) -> UUID:
        """Register a product through its form; a picture is sent unless ``picture=None``."""
        form = {**PRODUCT, "picture": (io.BytesIO(jpeg()), "anh.jpg"), **changed}
        answer = self.send("/producer/products/new", **{k: v for k, v in form.items() if v is not None})
        assert answer.status_code == 303, visible(answer)
        return id_in(answer)

    def batch_form(self, product_id: UUID, **changed: Any) -> dict[str, Any]:
        """What a person sends who only fills in the quantity."""
        today = clock.today()
        form = {
            "product_id": str(product_id),
            "location_id": str(self.actor.organisation.seat.id),
            "lot_number": "LO-1",
            "date_kind": "harvest",
            "quantity": "12,5",
            "produced_on-day": str(today.day),
            "produced_on-month": str(today.month),
            "produced_on-year": str(today.year),
        }
        return {name: value for name, value in {**form, **changed}.items() if value is not None}

    def add_batch(self, product_id: UUID, **changed: Any) -> UUID:
        """Register a draft through its form."""
        answer = self.send("/producer/batches/new", **self.batch_form(product_id, **changed))
        assert answer.status_code == 303, visible(answer)
        return id_in(answer)

    def activate(self, batch_id: UUID) -> TestResponse:
        return self.send(f"/producer/batches/{batch_id}/activate")


def id_in(answer: TestResponse) -> UUID:
    """The id in the address an answer leads to."""
    found = re.search(r"[0-9a-f-]{36}", answer.headers["Location"])
    assert found
    return UUID(found.group())


def visible(answer: TestResponse | str) -> str:
    """What a page says, without tags, spaces made one."""
    page = answer if isinstance(answer, str) else answer.get_data(as_text=True)
    bare = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(bare)).strip()


def jpeg() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (60, 140, 60)).save(out, "JPEG")
    return out.getvalue()


def png_bomb() -> bytes:
    """A few kilobytes that would unfold to 900 million pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000, 9)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
