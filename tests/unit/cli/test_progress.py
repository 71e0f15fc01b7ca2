"""Progress on stderr: bars on a terminal, notes elsewhere, nothing when quiet."""

from __future__ import annotations

import io
import sys

import pytest

from stackpin.cli.progress import StderrReporter


class Terminal(io.StringIO):
    """A stderr that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def play(reporter: StderrReporter) -> None:
    """A whole run: two stages, a note in the middle, one stage begun twice and left unfinished."""
    reporter.begin("pages", 2)
    reporter.advance("pages")
    reporter.note("[demo] is odd")
    reporter.advance("pages")
    reporter.advance("pages")
    reporter.begin("projects", 3)
    reporter.begin("projects", 3)
    reporter.end()
    reporter.end()


@pytest.mark.parametrize(
    ("verbosity", "said"),
    [
        (-1, ""),
        (0, "note: [demo] is odd\n"),
        (1, "pages: 2\nnote: [demo] is odd\nprojects: 3\nprojects: 3\n"),
    ],
)
def test_without_a_terminal_there_are_lines_only(verbosity: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    play(StderrReporter(verbosity))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", said)


def test_on_a_terminal_there_are_bars_and_notes_above_them(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    play(StderrReporter(0))
    assert "note: [demo] is odd" in terminal.getvalue()
    assert "pages" in terminal.getvalue()


def test_a_quiet_terminal_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    play(StderrReporter(-1))
    assert terminal.getvalue() == ""
