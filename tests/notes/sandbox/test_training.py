"""Whoever makes the weights again from the published dialogues gets the bytes in the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from notes.soapnoteapi.sandbox.training.fitting import Example, exponential, fit, interleaved
from notes.soapnoteapi.sandbox.training.references import parts
from notes.soapnoteapi.sandbox.writing.model import REACH, WEIGHTS, decode, encode, use

ROOT = Path(__file__).resolve().parent.parent.parent.parent
NAMES = ("boundaries", "roles", "sections")


@pytest.mark.slow
def test_training_again_gives_the_same_bytes(shared_text: Path, tmp_path: Path) -> None:
    """In a process of its own, whose hashes of strings differ from those of the last time."""
    command = [sys.executable, "-m", "notes.soapnoteapi.sandbox.training", "--to", str(tmp_path)]
    folders = ["--aci-bench", str(shared_text / "aci-bench"), "--mts-dialog", str(shared_text / "mts-dialog")]
    subprocess.run([*command, *folders], cwd=ROOT, check=True, env={**os.environ, "PYTHONHASHSEED": "random"})

    for name in NAMES:
        assert (tmp_path / f"{name}.tsv").read_bytes() == (WEIGHTS / f"{name}.tsv").read_bytes()


def test_fitting_does_not_depend_on_the_hashes_of_strings() -> None:
    script = (
        "from notes.soapnoteapi.sandbox.training.fitting import Example, fit\n"
        "words = [f'w{n * n % 17}' for n in range(400)]\n"
        "examples = [Example((a, b), (1.0, 0.0) if a < b else (0.0, 1.0)) for a, b in zip(words, words[1:])]\n"
        "print(fit(examples, rounds=3, rate=0.2, seen=1, least=0))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(made) == 1


def test_a_model_tells_apart_what_its_examples_tell_apart() -> None:
    examples = [Example(("fever",), (1.0, 0.0)), Example(("football",), (0.0, 1.0))] * 20
    weights = fit(examples, rounds=3, rate=0.3, seen=1, least=1)
    model = decode(encode(("kept", "left"), weights))

    assert model.shares(["fever"])["kept"] > 0.8
    assert model.shares(["football"])["left"] > 0.8
    assert model.shares(["unheard of"]) == {"kept": 0.5, "left": 0.5}


def test_the_largest_weights_survive_being_stored() -> None:
    weights = {"up": (REACH, -REACH), "down": (-REACH, REACH)}

    assert decode(encode(("a", "b"), weights)).scores(["up"]) == pytest.approx([4.1, -4.1])


def test_the_own_exponential_is_near_the_real_one_and_the_order_visits_all() -> None:
    assert exponential(0.0) == 1.0
    assert exponential(-1.0) == pytest.approx(0.3679, rel=0.01)
    assert sorted(interleaved(1000)) == list(range(1000))


def test_a_model_in_use_stands_in_for_the_shipped_one_and_goes_again() -> None:
    from notes.soapnoteapi.sandbox.writing.model import trained  # noqa: PLC0415

    other = decode("a b\n")
    shipped = trained("roles")
    with use("roles", other):
        assert trained("roles") is other
    assert trained("roles") is shipped


def test_the_parts_of_a_reference_note_are_told_apart() -> None:
    note = (
        "CHIEF COMPLAINT\n\nKnee pain.\n\nPHYSICAL EXAM\n\nSwelling.\n\nRESULTS\n\nX-ray normal.\n\n"
        "ASSESSMENT AND PLAN\n\nSprain.\n• Medical Reasoning: She fell.\n• Medical Treatment: Ice."
    )

    found = parts(note)

    assert found["subjective"].strip() == "Knee pain."
    assert found["exam"].strip() == "Swelling."
    assert found["results"].strip() == "X-ray normal."
    assert "She fell." in found["assessment"]
    assert found["plan"].strip() == "• Medical Treatment: Ice."


def test_the_weights_name_their_sources() -> None:
    text = (WEIGHTS / "ATTRIBUTION.md").read_text(encoding="utf-8")

    for needed in ("ACI-BENCH", "MTS-Dialog", "creativecommons.org/licenses/by/4.0", "Changes made"):
        assert needed in text
