"""``stackpin explain`` as a person and as a program call it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

__all__: list[str] = []


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The command with these words."""
    command = [sys.executable, "-m", "stackpin", "explain", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def document(*words: str) -> dict[str, Any]:
    """What ``--json`` prints."""
    found: dict[str, Any] = json.loads(run(*words, "--json").stdout)
    return found


def test_an_answer_is_a_tree_with_its_evidence() -> None:
    done = run("sglang==0.4.6.post5", "--cuda", "cu124")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "sglang 0.4.6.post5 on cu124, torch 2.6.0"
    torch = next(line for line in lines if "─ torch 2.6.0" in line)
    assert torch.endswith('torch==2.6.0; extra == "srt"  (sglang-0.4.6.post5-py3-none-any.whl)')
    triton = next(line for line in lines if "─ triton 3.2.0" in line)
    assert triton.index("─ triton") > torch.index("─ torch"), "under torch"
    assert "(torch-2.6.0-" in triton
    assert lines[-1] == "the file    stackpin compile sglang==0.4.6.post5 --cuda cu124"


def test_a_refusal_is_the_answer_and_goes_to_stdout() -> None:
    done = run("sglang==0.4.7", "--cuda", "cu124")
    assert (done.returncode, done.stderr) == (10, "")
    first = done.stdout.splitlines()[0]
    assert first == (
        "sglang 0.4.7 does not exist for cu124: it needs torch 2.7.1, which is built for cu118, cu126 and cu128; "
        "take sglang 0.4.6.post5 or cu126"
    )


def test_all_chains_are_told_where_compile_stops() -> None:
    words = ("vllm", "--cuda", "cu118", "--python", "3.13")
    told = run(*words).stdout
    assert "older releases, each for a reason of its own" not in told
    chains = document(*words)["explanation"]["refusals"]
    assert len(chains) > 6
    assert all(chain["releases"][0] in told for chain in chains)


def test_the_document_of_an_answer_has_the_tree() -> None:
    found = document("torch==2.6.0", "--cuda", "cu126", "--driver", "560.35")
    (root,) = found["tree"]
    assert (root["name"], root["version"]) == ("torch", "2.6.0+cu126")
    assert "triton" in [child["name"] for child in root["children"]]
    assert found["driver"][0].startswith("NVIDIA driver 560.35 runs cu126")
    assert found["smallest_step"] is None


def test_the_document_of_a_refusal_has_its_claims() -> None:
    found = document("sglang==0.4.7", "--cuda", "cu124")
    (chain,) = found["explanation"]["refusals"]
    needs, built = (reason["claims"][0] for reason in chain["reasons"])
    assert (needs["package"], needs["versions"], needs["on"], needs["specifier"]) == (
        "sglang",
        ["0.4.7"],
        "torch",
        "==2.7.1",
    )
    assert (built["on"], built["values"]) == ("<cuda>", ["cpu", "cu118", "cu126", "cu128"])
    assert found["explanation"]["cure"] == "take sglang 0.4.6.post5 or cu126"


def test_more_evidence_and_no_notes_on_demand() -> None:
    plain = run("sglang==0.4.6.post5", "--cuda", "cu124").stdout
    more = run("sglang==0.4.6.post5", "--cuda", "cu124", "-v").stdout
    assert "sha256 " in more.replace("sha256:", "")
    assert "sha256 " not in plain.replace("sha256:", "")
    assert "\nnote " in plain
    assert "\nnote " not in run("sglang==0.4.6.post5", "--cuda", "cu124", "-q").stdout


def test_a_member_of_no_stack_is_an_error_as_ever() -> None:
    done = run("sglang", "numpy>=2")
    assert done.returncode == 2
    assert "numpy is no member of the stacks asked for" in done.stderr
