"""Every rule of ``check``, by its id. An id that was once given keeps its meaning; a rule that goes leaves a gap."""

from __future__ import annotations

from stackpin.model.finding import Rule, Severity

__all__ = ["RULES", "rule"]

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

#: In the order of their ids: 1xx versions, 2xx builds and machines, 3xx files on the disk, 4xx symbols, 5xx what files say.
RULES = tuple(
    Rule(id=id_, name=name, severity=severity, summary=summary)
    for id_, name, severity, summary in (
        ("SP101", "triton-not-torchs", _ERROR, "triton is not the one that this torch asks for."),
        ("SP102", "family-not-torchs", _ERROR, "torchvision or torchaudio was built for another torch."),
        ("SP103", "member-outside-tuple", _ERROR, "A member is not the one that the anchor's release goes with."),
        ("SP104", "no-tuple", _ERROR, "What is asked for together has no tuple."),
        ("SP105", "nvidia-not-torchs", _ERROR, "An nvidia-* package is not the one that this torch asks for."),
        ("SP201", "build-of-another-tag", _ERROR, "A build is for another CUDA tag than the rest."),
        ("SP202", "cuda-majors-mixed", _ERROR, "A package is for another CUDA major than torch."),
        ("SP203", "torch-files-differ", _ERROR, "torch's own files are of another build than its metadata says."),
        ("SP204", "driver-too-old", _ERROR, "The NVIDIA driver cannot run what is there."),
        ("SP205", "gpu-without-code", _ERROR, "What is there has no machine code for the GPU."),
        ("SP206", "index-of-another-tag", _ERROR, "An index or base image is for another CUDA tag than the pins."),
        ("SP301", "look-alike", _ERROR, "A distribution writes into a member's import package."),
        ("SP302", "files-overwritten", _ERROR, "Files of a member were overwritten by another distribution."),
        ("SP303", "installed-twice", _ERROR, "A distribution has two folders of metadata in one place."),
        ("SP304", "conda-beside-pip", _WARNING, "conda and pip have both installed a member."),
        ("SP401", "abi-misfit", _ERROR, "A kernel needs symbols that this torch does not have."),
        ("SP501", "local-version-in-range", _ERROR, "A range names a local version, which PEP 440 does not allow."),
        ("SP502", "marker-on-index-line", _ERROR, "A marker on an index line has no effect."),
    )
)

_BY_NAME = {word: each for each in RULES for word in (each.id, each.name)}


def rule(word: str) -> Rule:
    """A rule by its id or its name.

    :raises KeyError: where there is none.
    """
    return _BY_NAME[word]
