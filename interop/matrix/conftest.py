import json
import subprocess
from pathlib import Path

import pytest
from cases import cases, is_selected
from clip import write_clip


def pytest_addoption(parser) -> None:
    group = parser.getgroup("matrix")
    group.addoption("--stack", required=True, help="which of cases.STACKS")
    group.addoption("--command", required=True, help="a file with the command of its peer, word by word")
    group.addoption("--runs", type=int, default=1, help="sessions of each case")
    group.addoption("--selection", action="store_true", help="only what CI runs")
    group.addoption("--loss", type=int, default=0, help="percent of all UDP packets that are lost, either way")
    group.addoption("--limit", type=float, default=35, help="seconds; our client says after 30 what it did not get")
    group.addoption("--results", type=Path, help="a file for what came of it, as JSON")


def pytest_generate_tests(metafunc) -> None:
    option = metafunc.config.getoption
    stack = option("stack")
    chosen = [case for case in cases(stack) if not option("selection") or is_selected(stack, *case)]
    metafunc.parametrize(("role", "variant"), chosen, ids=["-".join(case) for case in chosen])


@pytest.fixture(scope="session")
def stack(request) -> str:
    return request.config.getoption("stack")


@pytest.fixture(scope="session")
def command(request) -> list[str]:
    return Path(request.config.getoption("command")).read_text().splitlines()


@pytest.fixture(scope="session")
def runs(request) -> int:
    return request.config.getoption("runs")


@pytest.fixture(scope="session")
def limit(request) -> float:
    return request.config.getoption("limit")


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.json"
    write_clip(path)
    return path


@pytest.fixture(scope="session", autouse=True)
def loss(request) -> None:
    """Loses packets of this network namespace, where they come in: whoever sends them does not hear of it."""
    if percent := request.config.getoption("loss"):
        rule = f"meta l4proto udp numgen random mod 100 < {percent} drop;"
        table = f"table inet loss {{ chain incoming {{ type filter hook input priority 0; {rule} }}; }}"
        subprocess.run(["nft", table], check=True)


@pytest.fixture(scope="session")
def results(request, stack, command):
    """Takes what came of each case, as (role, variant, outcomes)."""
    taken = []
    yield taken
    if path := request.config.getoption("results"):
        version = subprocess.run([*command, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        rows = [{"role": role, "variant": variant, "runs": runs} for role, variant, runs in taken]
        path.write_text(json.dumps({"stack": stack, "version": version, "cases": rows}))
