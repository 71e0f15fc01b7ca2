"""The configuration file that stands in for the user's own, by uv's rules for several files."""

from __future__ import annotations

from stackpin.inject.uv_settings import READ_BY_PROJECTS, KnownMember, SettingsFile, deny_entries, merged_settings

__all__: list[str] = []

OUT = "stackpin==0+another.torch.than.the.tuples.is.kept.out"


def test_a_member_can_be_had_at_its_version_only_and_a_look_alike_not_at_all() -> None:
    member = KnownMember("torch", frozenset({"2.6.0", "2.6.0+cu124"}), ("triton==3.2.0",))
    assert deny_entries([member], ["pytorch-triton"]) == [
        {"name": "torch", "version": "2.6.0", "requires-dist": ["triton==3.2.0"]},
        {"name": "torch", "version": "2.6.0+cu124", "requires-dist": ["triton==3.2.0"]},
        {"name": "torch", "requires-dist": [OUT]},
        {"name": "pytorch-triton", "requires-dist": [OUT.replace(".torch.", ".pytorch.triton.")]},
    ]


def test_lists_are_joined_tables_merged_and_the_first_single_value_counts() -> None:
    first = {"find-links": ["/a"], "offline": True, "pip": {"pre": True}, "config-settings": {"x": "1"}}
    second = {"find-links": ["/b"], "offline": False, "pip": {"pre": False, "strict": True}, "no-cache": True}
    assert merged_settings([SettingsFile(first, "/one"), SettingsFile(second, "/two")], {}) == {
        "find-links": ["/a", "/b"],
        "offline": True,
        "no-cache": True,
        "pip": {"pre": True, "strict": True},
        "config-settings": {"x": "1"},
    }


def test_places_are_those_of_the_file_they_stand_in() -> None:
    settings = {
        "find-links": ["links", "https://a.example/b", "/abs", "file:///c"],
        "index-url": "simple",
        "cache-dir": "../cache",
        "index": [{"name": "mine", "url": "./mine"}, {"url": "https://a.example/simple"}],
        "pip": {"find-links": ["more"], "python-version": "3.11"},
        "config-setting": {"path": "left/alone"},
    }
    assert merged_settings([SettingsFile(settings, "/srv/p")], {}) == {
        "find-links": ["/srv/p/links", "https://a.example/b", "/abs", "file:///c"],
        "index-url": "/srv/p/simple",
        "cache-dir": "/srv/p/../cache",
        "index": [{"name": "mine", "url": "/srv/p/mine"}, {"url": "https://a.example/simple"}],
        "pip": {"find-links": ["/srv/p/more"], "python-version": "3.11"},
        "config-setting": {"path": "left/alone"},
    }


def test_what_only_a_project_may_say_stays_there() -> None:
    settings = {
        "sources": {"torch": {"index": "x"}},
        "workspace": {},
        "override-dependencies": ["a"],
        "link-mode": "copy",
    }
    file = SettingsFile(settings, "/p")
    assert merged_settings([file], {}) == {"link-mode": "copy", "override-dependencies": ["a"]}
    assert merged_settings([file], {}, READ_BY_PROJECTS) == {"link-mode": "copy"}


def test_constraints_are_added_to_the_users_own() -> None:
    file = SettingsFile({"constraint-dependencies": ["mine<2"]}, "/p")
    assert merged_settings([file], {"constraint-dependencies": ["torch===2.6.0"]}) == {
        "constraint-dependencies": ["torch===2.6.0", "mine<2"]
    }


def test_the_users_own_metadata_stays_but_for_members() -> None:
    own = {"dependency-metadata": [{"name": "Torch", "version": "2.7.1"}, {"name": "mine", "version": "1.0"}]}
    entry = {"name": "torch", "requires-dist": [OUT]}
    merged = merged_settings([SettingsFile(own, "/p")], {"dependency-metadata": [entry]})
    assert merged["dependency-metadata"] == [entry, {"name": "mine", "version": "1.0"}]
