"""Labels that are turned, blurred, pale, far away and blotted are still read by two decoders that did not make them."""

import math
import os

import numpy as np
import pytest

from tests.labels.robustness import LABELS, TRIALS, Trial, blotted, measure, printed

COUNT = LABELS if os.environ.get("SOAK") else 16


@pytest.mark.soak
@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_98_of_100_spoilt_labels_are_read_by_each_decoder(trial: Trial) -> None:
    rates = measure(trial, range(COUNT))
    # Of sixteen one may be lost.
    assert min(rates.zxing, rates.opencv) >= math.floor(0.98 * COUNT)


@pytest.mark.parametrize(("correction", "share"), [("M", 0.07), ("H", 0.15)])
def test_a_blot_covers_its_share_and_spares_the_finder_patterns(correction: str, share: float) -> None:
    for number in range(16):
        label = printed(number, correction)
        covered = np.zeros((label.side, label.side), bool)
        for ink in (0, 255):
            # The same blot on black and on white paper shows all that it covers.
            paper = np.full_like(label.picture, ink)
            paper_label = type(label)(paper, label.address, label.x, label.y, label.side, label.module)
            spoilt = blotted(share)(paper_label, np.random.default_rng(number))
            covered |= (spoilt != ink)[label.y : label.y + label.side, label.x : label.x + label.side]
        assert covered.mean() == pytest.approx(share, abs=0.002)
        near = 8 * label.module
        assert not (covered[:near, :near] | covered[:near, -near:] | covered[-near:, :near]).any()


def test_the_trials_spoil_what_they_say() -> None:
    """A decoder that read a picture of something else would make every rate worthless."""
    for trial in TRIALS:
        label = printed(3, trial.correction)
        picture = trial.spoil(label, np.random.default_rng(3))
        assert (picture.shape == label.picture.shape and np.array_equal(picture, label.picture)) == (
            trial.name == "as printed"
        )
