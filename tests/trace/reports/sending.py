"""Sending the public form as a browser without script and cookies does, and pictures to send with it."""

import io
import re
from typing import Any

from flask import Flask
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.factories import a_key

WORDS = "Gói có mùi lạ, hạn in khác trên trang."
PHONE, PHONE_STORED, PHONE_SHOWN = "0912 345 678", "+84912345678", "0912 345 678"
HOME = "198.51.100.7"
MAKER, PLACE = "Hãng Máy Ảnh", 34853  # EXIF: who made the camera, and the tag of the position


def path(code: str) -> str:
    return f"/T/{code}/phan-anh"


def stated(**changed: Any) -> dict[str, Any]:
    """A whole form; ``None`` leaves a field out."""
    form = {
        "idempotency_key": a_key(),
        "kind": "different",
        "words": WORDS,
        "pack": "opened",
        "bought_at": "Chợ Minh Họa",
        "bought_on-day": "1",
        "bought_on-month": "2",
        "bought_on-year": "2026",
        **changed,
    }
    return {name: value for name, value in form.items() if value is not None}


def send(app: Flask, where: str, form: dict[str, Any], address: str = HOME, **more: Any) -> TestResponse:
    # Written here: the client itself would leave a large body behind in an open file.
    boundary, body = encode_multipart(
        {name: FileStorage(*value) if isinstance(value, tuple) else value for name, value in form.items()}
    )
    return app.test_client(use_cookies=False).post(
        where,
        data=body,
        content_type=f'multipart/form-data; boundary="{boundary}"',
        environ_base={"REMOTE_ADDR": address},
        **more,
    )


def sent_number(answer: TestResponse) -> str:
    """The number of the report this answer leads to."""
    assert answer.status_code == 303, answer.text[:2000]
    found = re.search(r"/phan-anh/([0-9A-Z]{16})$", answer.headers["Location"])
    assert found, answer.headers["Location"]
    return found.group(1)


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), name: str = "a.jpg") -> tuple[Any, str]:
    """A picture that says who made the camera and where it was."""
    exif = Image.Exif()
    exif[271] = MAKER
    exif[PLACE] = {1: "N", 2: (21.0, 1.0, 42.0)}
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, exif=exif.tobytes(), icc_profile=b"profile " + b"x" * 128)
    return io.BytesIO(out.getvalue()), name
