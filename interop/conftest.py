import pytest
from harness import ADDRESS, Programs


def pytest_report_header() -> str:
    return f"media on {ADDRESS}"


@pytest.fixture
def programs(tmp_path):
    running = Programs(tmp_path)
    yield running
    running.end()
