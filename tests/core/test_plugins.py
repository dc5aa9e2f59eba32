"""Names, lazy targets, clashes and broken plugins."""

from __future__ import annotations

import pytest
import toy

from ugcbench import DatasetSpec, ModelSpec, Registry, hookimpl
from ugcbench.errors import MissingExtraError, NameClashError, UnknownNameError, UsageError
from ugcbench.plugins import create, load_target


class Models:
    def __init__(self, *specs):
        self.specs = specs

    @hookimpl
    def ugcbench_models(self):
        return self.specs


def spec(name="m", target="toy:knower", **more):
    return ModelSpec(name=name, target=target, summary="", **more)


def registry_of(*specs):
    return Registry({"it": Models(*specs)}, installed=False)


def test_a_name_and_an_alias_find_the_same_spec(registry):
    assert registry.model("k") is registry.model("knower")


def test_an_unknown_name_says_what_was_meant(registry):
    with pytest.raises(UnknownNameError, match=r"no model 'knowr'; did you mean knower"):
        registry.model("knowr")
    with pytest.raises(UnknownNameError, match=r"toy/exact.*see `ugcbench list tasks`"):
        registry.task("toy/exakt")


def test_two_plugins_with_one_name_are_both_named():
    plugins = {"one": Models(spec("m")), "two": Models(spec("other", aliases=("m",)))}
    with pytest.raises(NameClashError, match="'m': one and two"):
        _ = Registry(plugins, installed=False).models


def test_a_plugin_that_raises_is_listed_and_stops_nothing():
    class Broken:
        @hookimpl
        def ugcbench_models(self):
            raise RuntimeError("no luck")

    registry = Registry({"bad": Broken(), "good": Models(spec("m"))}, installed=False)
    assert set(registry.models) == {"m"}
    assert {p.name: p.error for p in registry.plugins} == {
        "bad": "RuntimeError: no luck",
        "good": None,
    }


def test_a_plugin_that_returns_something_else_is_listed():
    registry = registry_of("not a spec")
    assert not registry.models
    assert "something else than ModelSpecs" in registry.plugins[0].error


def test_an_unknown_hook_is_refused():
    class Typo:
        @hookimpl
        def ugcbench_modells(self):
            return []

    with pytest.raises(Exception, match="ugcbench_modells"):
        Registry({"typo": Typo()}, installed=False)


def test_a_prefix_takes_any_model_after_the_slash():
    registry = registry_of(spec("api", prefix=True))
    assert registry.model("api/some/model").name == "api"
    with pytest.raises(UnknownNameError, match=r"api/<model>"):
        registry.model("api")


def test_a_role_that_a_model_lacks_is_refused():
    registry = registry_of(spec("j", roles=frozenset({"judge"})))
    with pytest.raises(UsageError, match="can't be used as a model"):
        registry.model("j")
    assert registry.model("j", "judge").name == "j"


def test_a_missing_extra_says_what_to_install():
    with pytest.raises(MissingExtraError, match=r"needs nowhere: pip install 'ugcbench\[gpu\]'"):
        load_target(spec(target="nowhere.at:all", extra="gpu"))


def test_a_wrong_target_is_a_usage_error():
    with pytest.raises(UsageError, match="broken target 'toy:nobody'"):
        load_target(spec(target="toy:nobody"))
    with pytest.raises(UsageError, match="can't be loaded"):
        load_target(spec(target="nowhere:at_all"))


def test_an_unknown_option_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"no option 'wrog'; did you mean wrong\?; .*: wrong"):
        create(spec(), {"wrog": 1})


class Folder:
    def __init__(self, folder: str, *clips: str, deep: bool, **more: object):
        self.given = folder, deep


def test_an_option_that_is_needed_is_named():
    where = DatasetSpec(name="d", target="test_plugins:Folder", summary="", group="toy")
    with pytest.raises(UsageError, match=r"d needs the option 'folder'; add --dataset-option fold"):
        create(where)
    with pytest.raises(UsageError, match=r"d needs the option 'deep'"):
        create(where, {"folder": "x"})
    assert create(where, {"folder": "x"}, deep=True).given == ("x", True)


def test_user_options_override_the_spec():
    assert create(spec(target="toy:Numbers", options={"count": 1}), {"count": 2}).count == 2


def test_all_and_groups_and_lists_name_tasks(registry):
    both = ["toy/exact", "toy/judged"]
    assert [s.name for s in registry.tasks_named("all", "toy")] == both
    assert [s.name for s in registry.tasks_named("toy", "")] == both
    assert [s.name for s in registry.tasks_named("toy/judged, toy", "")] == both[::-1]
    with pytest.raises(UsageError, match="no task belongs"):
        registry.tasks_named("all", "elsewhere")


def test_toy_models_are_models():
    assert isinstance(create(spec()), toy.Fake)


def test_a_plugin_that_is_given_and_installed_counts_once():
    plugin = Models(spec("m"))
    registry = Registry({"installed": plugin, "given": plugin}, installed=False)
    assert [info.name for info in registry.plugins] == ["installed"]
    assert set(registry.models) == {"m"}


def test_an_unknown_name_tells_of_plugins_that_could_not_be_loaded():
    registry = Registry({"bad": Models("not a spec"), "good": Models(spec("m"))}, installed=False)
    with pytest.raises(UnknownNameError, match=r"no model 'n'.*not be loaded \(bad\)"):
        registry.model("n")


def test_two_plugins_of_one_name_are_told_of_in_a_line():
    with pytest.raises(NameClashError, match="two plugins are called 'ugcbench_models'; uninstall"):
        Registry({"ugcbench_models": object()})
