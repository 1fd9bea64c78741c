"""Every setting has an effect, and what cannot be is an error that names file, key and what is allowed."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ml_bridge import Configuration, FunctionLimits, MLRuntime
from ml_bridge.errors import ContextNotInitialised, SettingInvalid, WorkerCrashed
from tests.ml_bridge.conftest import register_all


def loaded(folder: Path, text: str) -> Configuration:
    file = folder / "python.toml"
    file.write_text(text, encoding="utf-8")
    return Configuration.load(file)


def test_the_file_of_the_specification_is_read(tmp_path: Path) -> None:
    read = loaded(
        tmp_path,
        """
        [python]
        default_timeout = "30s"
        enable_gc = true
        gc_interval = "5m"
        max_cached_models = 5
        model_cache_timeout = "1h"
        enable_gpu = true
        gpu_memory_fraction = 0.5

        [python.functions.embed_texts]
        timeout = "30s"
        max_batch_size = 32
        """,
    )
    assert (read.default_timeout, read.gc_interval) == (30, 300)
    assert (read.max_cached_models, read.model_cache_timeout) == (5, 3600)
    assert (read.enable_gpu, read.gpu_memory_fraction) == (True, 0.5)
    assert read.functions == {"embed_texts": FunctionLimits(timeout=30, max_batch_size=32)}


@pytest.mark.parametrize(
    ("written", "seconds"), [('"250ms"', 0.25), ('"1.5s"', 1.5), ('"5m"', 300), ('"1h"', 3600), ("7", 7), ("0.5", 0.5)]
)
def test_durations_are_written_as_people_say_them(tmp_path: Path, written: str, seconds: float) -> None:
    assert loaded(tmp_path, f"[python]\ndefault_timeout = {written}").default_timeout == seconds


@pytest.mark.parametrize(
    ("written", "size"), [('"512MB"', 512_000_000), ('"2GB"', 2_000_000_000), ("1000000", 1_000_000)]
)
def test_sizes_too(tmp_path: Path, written: str, size: int) -> None:
    assert loaded(tmp_path, f"[python]\nmemory_limit = {written}").memory_limit == size


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("default_timout = 1", "default_timout is no setting; there are python_path, default_timeout,"),
        ('default_timeout = "30 minutes"', "default_timeout .*must be a duration such as \"250ms\".*is '30 minutes'"),
        ("default_timeout = true", "must be a number, and is True"),
        ("default_timeout = 0", "should be greater than 0, and is 0"),
        ("default_timeout = inf", "finite"),
        ('memory_limit = "2 gigs"', 'must be a size such as "512MB"'),
        ("workers = 0", "workers .*ML_BRIDGE_WORKERS.*greater than or equal to 1"),
        ('enable_gc = "perhaps"', "enable_gc .*boolean"),
        ("functions.embed.timout = 1", "functions.embed.timout is no setting; there are timeout, max_batch_size"),
        ("workers =", "is not valid TOML"),
    ],
)
def test_a_mistake_names_file_key_and_what_is_allowed(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingInvalid, match=message) as told:
        loaded(tmp_path, f"[python]\n{text}")
    assert "python.toml" in str(told.value)


def test_a_file_that_is_not_there_or_no_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="cannot be read"):
        Configuration.load(tmp_path / "nowhere.toml")
    with pytest.raises(SettingInvalid, match="must be a table"):
        loaded(tmp_path, "python = 3")


def test_the_environment_has_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_BRIDGE_DEFAULT_TIMEOUT", "2s")
    monkeypatch.setenv("ML_BRIDGE_MEMORY_LIMIT", "1GB")
    read = loaded(tmp_path, '[python]\ndefault_timeout = "30s"\nworkers = 3')
    assert (read.default_timeout, read.workers, read.memory_limit) == (2, 3, 10**9)
    monkeypatch.setenv("ML_BRIDGE_WORKERS", "many")
    with pytest.raises(SettingInvalid, match="ML_BRIDGE_WORKERS"):
        Configuration()


# Each setting, by its effect


def with_settings(**settings: Any) -> MLRuntime:
    runtime = MLRuntime(Configuration(**settings))
    register_all(runtime)
    return runtime


def test_python_path_is_the_interpreter_of_the_workers(tmp_path: Path) -> None:
    other = tmp_path / "another-python"
    other.symlink_to(sys.executable)
    seen: list[str] = []
    with with_settings(python_path=str(other), workers=1) as runtime:
        worker = runtime.call("pid")
        seen.append(Path(f"/proc/{worker}/cmdline").read_text().split("\0")[0])
    assert seen == [str(other)]
    with (
        with_settings(python_path="/nowhere/python") as runtime,
        pytest.raises(ContextNotInitialised, match="/nowhere"),
    ):
        runtime.call("pid")


def test_an_interpreter_that_does_not_start_is_an_error_and_no_loop() -> None:
    with with_settings(python_path=shutil.which("false")) as runtime, pytest.raises(WorkerCrashed, match="exit code 1"):
        runtime.call("pid")


def test_default_timeout_holds_for_functions_without_their_own() -> None:
    with with_settings(default_timeout="7s") as runtime:
        assert runtime.get_function("double").timeout == 7


def test_workers_is_how_many_processes_there_are() -> None:
    with with_settings(workers=3) as runtime:
        calls = [runtime.submit("wait_and_answer", {"seconds": 0.5}) for _ in range(6)]
        assert [call.result() for call in calls] == ["waited"] * 6
        assert len(runtime.stats().workers) == 3


def test_limits_of_a_function_have_precedence_over_its_own() -> None:
    with MLRuntime(Configuration(functions={"double": FunctionLimits(timeout=1, max_batch_size=2)})) as runtime:
        function = runtime.register(lambda number: number, name="double", timeout=9)
        assert (function.timeout, function.max_batch_size) == (1, 2)


def test_garbage_is_collected_by_interval_or_not_at_all() -> None:
    with with_settings(workers=1, enable_gc=True, gc_interval="1ms") as runtime:
        left = []
        for _ in range(5):
            time.sleep(0.01)
            left.append(runtime.call("garbage_left"))
        assert max(left) <= 2
    with with_settings(workers=1, enable_gc=False) as runtime:
        assert [runtime.call("garbage_left") for _ in range(5)] == [1, 2, 3, 4, 5]
