"""What a phone's camera sees of a printed label: moving, a little blurred, grainy; as a video for the browser."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from labels.pdf import sheet_pdf
from labels.qr import printed_address
from tests.labels.reading import a_label, label_crop, page_raster

WIDTH, HEIGHT, FRAMES, PER_SECOND = 1280, 720, 24, 8
DPI = 300
_PACK = 150.0  # the grey of what the label sticks on


def label_picture(site: str, code: str) -> Any:
    """The label of a lot or stamp as a printer draws it, in grey."""
    label = a_label(public_url=site, code=code, address=printed_address(site, code))
    return label_crop(page_raster(sheet_pdf([label]), DPI), DPI, 0)


def frame_of(label: Any, moment: float) -> Any:
    """One look at the label: the hand sways, the label turns and tips, the focus is not perfect."""
    height, width = label.shape[:2]
    sway = 2 * np.pi * moment
    angle, scale = np.deg2rad(9 * np.sin(sway)), (0.8 + 0.06 * np.cos(sway)) * HEIGHT / height
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2 @ turn.T
    corners[1] *= 0.94  # one corner is further away
    corners += (WIDTH / 2 + 40 * np.sin(sway), HEIGHT / 2 + 25 * np.cos(2 * sway))
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    bent = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    seen = cv2.warpPerspective(
        label, bent, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=_PACK
    )
    blurred = cv2.GaussianBlur(seen, (0, 0), 1.2)
    grain = np.random.default_rng(int(moment * 1000)).normal(0, 5, blurred.shape)
    # Indoors black is not black and paper is not white.
    return np.clip(35 + blurred * 0.75 + grain, 0, 255).astype(np.uint8)


def write_video(path: Path, *labels: Any) -> Path:
    """Labels in front of the camera, one after another and over again (YUV4MPEG2, without colour)."""
    colour = bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for label in labels:
            for number in range(FRAMES):
                out.write(b"FRAME\n" + frame_of(label, number / FRAMES).tobytes() + colour)
    return path
