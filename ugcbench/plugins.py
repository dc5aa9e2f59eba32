"""Who is registered under which name, and how does a name become an object?

`Registry()` finds every installed plugin through the entry-point group `ugcbench`; there is no list
of built-ins. A plugin that can't be loaded, or was made for another version of ugcbench, is kept
aside with its error and stops nothing. Two plugins that claim one name are an error that names
both.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import pluggy

from ugcbench import hookspecs
from ugcbench.compatibility import check_requirement
from ugcbench.errors import MissingExtraError, NameClashError, UnknownNameError, UsageError
from ugcbench.specs import DatasetSpec, ExecutorSpec, ModelSpec, Spec, TaskSpec

if TYPE_CHECKING:
    import click

    from ugcbench.lifecycles import Lifecycle

GROUP = "ugcbench"
S = TypeVar("S", bound=Spec)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """An installed plugin: its entry point, its distribution, and why it did not load, if so."""

    name: str
    distribution: str
    version: str
    error: str | None = None


class Registry:
    """All names that the installed plugins offer.

    Args:
        plugins: further plugin objects by name, beside the installed ones.
        installed: whether to look for installed plugins at all.

    """

    def __init__(
        self, plugins: Mapping[str, object] | None = None, *, installed: bool = True
    ) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.plugins: list[PluginInfo] = []
        if installed:
            for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=_bundled_first):
                self._load(entry)
        for name, plugin in (plugins or {}).items():
            if not self.manager.is_registered(plugin):  # it may be installed as well
                self._register(name, plugin)
                self.plugins.append(PluginInfo(name, "", ""))

    def _load(self, entry: importlib.metadata.EntryPoint) -> None:
        distribution = entry.dist.name if entry.dist else "?"
        version = entry.dist.version if entry.dist else "?"
        error = None
        try:
            if entry.dist and distribution != GROUP:
                check_requirement(entry.dist)
            self._register(entry.name, entry.load())
        except Exception as problem:  # noqa: BLE001 - whatever a plugin raises must not stop us
            error = f"{type(problem).__name__}: {problem}"
        self.plugins.append(PluginInfo(entry.name, distribution, version, error))

    def _register(self, name: str, plugin: object) -> None:
        if self.manager.has_plugin(name):
            raise NameClashError(
                f"two plugins are called {name!r}; uninstall one, or rename its entry point"
            )
        try:
            self.manager.register(plugin, name)
            self.manager.check_pending()
        except pluggy.PluginValidationError:
            self.manager.unregister(plugin)
            raise

    @cached_property
    def tasks(self) -> Mapping[str, TaskSpec]:
        """Task specs by name, in the order of registration."""
        return self._collect("ugcbench_tasks", TaskSpec)

    @cached_property
    def models(self) -> Mapping[str, ModelSpec]:
        """Model specs by name."""
        return self._collect("ugcbench_models", ModelSpec)

    @cached_property
    def datasets(self) -> Mapping[str, DatasetSpec]:
        """Dataset specs by name."""
        return self._collect("ugcbench_datasets", DatasetSpec)

    @cached_property
    def executors(self) -> Mapping[str, ExecutorSpec]:
        """Executor specs by name, beside the run's own process."""
        return self._collect("ugcbench_executors", ExecutorSpec)

    @cached_property
    def lifecycles(self) -> Mapping[str, Lifecycle]:
        """What is announced about models, by the names under which they are asked."""
        from ugcbench.lifecycles import Lifecycle

        hook = self.manager.hook.ugcbench_lifecycles
        found = (self._specs_of(each, Lifecycle) for each in hook.get_hookimpls())
        return {life.name: life for plugin in found for life in plugin}

    def _collect(self, hook: str, kind: type[S]) -> Mapping[str, S]:
        specs: dict[str, S] = {}
        owners: dict[str, str] = {}
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            for spec in self._specs_of(implementation, kind):
                for name in (spec.name, *spec.aliases):
                    if name in owners:
                        raise NameClashError(
                            f"two plugins claim the {kind.__name__[:-4].lower()} {name!r}: "
                            f"{owners[name]} and {implementation.plugin_name}; uninstall one"
                        )
                    owners[name] = implementation.plugin_name
                specs[spec.name] = spec
        return specs

    def _specs_of(self, implementation: pluggy.HookImpl, kind: type[T]) -> Sequence[T]:
        try:
            specs: list[T] = list(cast("Iterable[T]", implementation.function()))
            if not all(isinstance(spec, kind) for spec in specs):
                raise TypeError(f"it returned something else than {kind.__name__}s")
        except Exception as problem:  # noqa: BLE001 - see _load
            self._note_broken(implementation.plugin_name, problem)
            return []
        return specs

    def _note_broken(self, name: str, problem: Exception) -> None:
        for index, info in enumerate(self.plugins):
            if info.name == name:
                error = f"{type(problem).__name__}: {problem}"
                self.plugins[index] = PluginInfo(name, info.distribution, info.version, error)

    def add_commands(self, group: click.Group) -> None:
        """Let every plugin add its subcommands to the command line."""
        for implementation in self.manager.hook.ugcbench_commands.get_hookimpls():
            try:
                implementation.function(group)
            except Exception as problem:  # noqa: BLE001 - see _load
                self._note_broken(implementation.plugin_name, problem)

    def task(self, name: str) -> TaskSpec:
        """The spec of a task by name or alias; raises `UnknownNameError`."""
        return self._find(self.tasks, name, "task")

    def dataset(self, name: str) -> DatasetSpec:
        """The spec of a dataset by name or alias; `name@revision` sets the option `revision`.

        Raises `UnknownNameError` for a name or a revision that is not known.
        """
        stem, at, revision = name.partition("@")
        spec = self._find(self.datasets, stem, "dataset")
        if not at:
            return spec
        if revision not in spec.revisions:
            known = ", ".join(spec.revisions) or "none"
            raise UnknownNameError(
                f"the dataset {stem!r} has no revision {revision!r}"
                f"{nearest(revision, spec.revisions)}; its revisions are: {known}"
            )
        return replace(spec, options={**spec.options, "revision": revision})

    def executor(self, name: str) -> ExecutorSpec:
        """The spec of an executor by name or alias; raises `UnknownNameError`."""
        return self._find(self.executors, name, "executor")

    def has_dataset(self, name: str) -> bool:
        """Whether `dataset(name)` finds a spec."""
        try:
            self.dataset(name)
        except UnknownNameError:
            return False
        return True

    def model(self, name: str, role: Literal["model", "judge"] = "model") -> ModelSpec:
        """The spec behind a model's name; `openai/x` is found as `openai` with option `model=x`.

        Raises:
            UnknownNameError: no such name; the message holds the nearest ones.
            UsageError: the model can't be used in this `role`.

        """
        prefix, _, rest = name.partition("/")
        spec = self.models.get(prefix)
        if spec and spec.prefix and not rest:
            raise UnknownNameError(f"{name!r} needs a model's name behind it: {prefix}/<model>")
        if not (spec and spec.prefix):
            spec = self._find(self._askable, name, role)
        if role not in spec.roles:
            raise UsageError(f"{name!r} can't be used as a {role}; see `ugcbench list {role}s`")
        return spec

    def _find(self, specs: Mapping[str, S], name: str, kind: str) -> S:
        try:
            return _find(specs, name, kind)
        except UnknownNameError as error:
            broken = ", ".join(info.name for info in self.plugins if info.error)
            if not broken:
                raise
            raise UnknownNameError(
                f"{error}; a plugin that may have it could not be loaded ({broken}), "
                "`ugcbench list plugins` says why"
            ) from None

    @property
    def _askable(self) -> Mapping[str, ModelSpec]:
        """Models under the names a user can type; a bare prefix is not one of them."""
        return {
            f"{name}/<model>" if spec.prefix else name: spec for name, spec in self.models.items()
        }

    def tasks_named(self, names: str | Sequence[str], group: str) -> list[TaskSpec]:
        """The specs that `all`, a group's name, or task names (comma-separated or listed) mean.

        `all` is every task of the dataset's `group` that belongs to its table. Raises
        `UnknownNameError`.
        """
        wanted = names.split(",") if isinstance(names, str) else list(names)
        chosen: dict[str, TaskSpec] = {}
        groups = {spec.group for spec in self.tasks.values()}
        for name in (name.strip() for name in wanted):
            if name == "all" or name in groups:
                within = group if name == "all" else name
                found = [s for s in self.tasks.values() if s.group == within and s.table]
            else:
                found = [self.task(name)]
            chosen.update({spec.name: spec for spec in found})
        if not chosen:
            raise UsageError(f"no task belongs to {names!r}; see `ugcbench list tasks`")
        return list(chosen.values())


def load_target(spec: Spec) -> Callable[..., Any]:
    """Import what a spec's target string names.

    Raises `MissingExtraError` when an optional dependency is absent, `UsageError` when the target
    itself is wrong.
    """
    module, _, attribute = spec.target.partition(":")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if spec.extra is None:
            raise UsageError(f"{spec.name} can't be loaded: {error}") from error
        raise MissingExtraError(
            f"{spec.name} needs {error.name}: pip install '{spec.distribution}[{spec.extra}]'"
        ) from error
    except AttributeError as error:
        raise UsageError(f"{spec.name} has a broken target {spec.target!r}: {error}") from error
    return found


def create(spec: Spec, options: Mapping[str, object] | None = None, **given: object) -> Any:  # noqa: ANN401
    """Call a spec's target with its options, the user's `options`, and what the run `given`s.

    Raises `UsageError` for an option that the target doesn't take, or needs and was not given.
    """
    target = load_target(spec)
    known = inspect.signature(target).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in known.values())
    for name in options or {}:
        if name not in known and not open_ended:
            mine = [option for option in known if option not in given and option != "reader"]
            raise UsageError(
                f"{spec.name} has no option {name!r}{nearest(name, mine)}; "
                f"its options are: {', '.join(mine) or 'none'}"
            )
    chosen = {**spec.options, **(options or {}), **given}
    for name, parameter in known.items():
        if name not in chosen and _is_required(parameter):
            hint = _TYPED.get(type(spec), "").format(name)
            raise UsageError(f"{spec.name} needs the option {name!r}{hint}")
    return target(**chosen)


_TYPED = {
    ModelSpec: "; add --option {0}=..., or for a judge --judge-option {0}=...",
    DatasetSpec: "; add --dataset-option {0}=...",
    ExecutorSpec: "; add --executor-option {0}=...",
}
"""How a user gives an option to what a spec stands for."""


def _is_required(parameter: inspect.Parameter) -> bool:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return parameter.kind in named and parameter.default is inspect.Parameter.empty


def _bundled_first(entry: importlib.metadata.EntryPoint) -> tuple[bool, str]:
    return entry.dist is None or entry.dist.name != GROUP, entry.name


def _find(specs: Mapping[str, S], name: str, kind: str) -> S:
    if name in specs and not name.endswith("/<model>"):
        return specs[name]
    for spec in specs.values():
        if name in spec.aliases:
            return spec
    names = [*specs, *(alias for spec in specs.values() for alias in spec.aliases)]
    hint = nearest(name, names)
    raise UnknownNameError(f"there is no {kind} {name!r}{hint}; see `ugcbench list {kind}s`")


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of an error message: what may have been meant by `name`."""
    close = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""
