import pytest
from kubernetes import Kubernetes
from operators import Operator
from page import Page, start_browser
from programs import Programs


@pytest.fixture
def programs(tmp_path):
    running = Programs(tmp_path)
    yield running
    running.end()


@pytest.fixture(scope="session")
def browser():
    driver = start_browser()
    yield driver
    driver.quit()


@pytest.fixture
def page(browser, request):
    """A page that must not complain, nor ask anybody but this host."""
    page = Page(browser, request.node.name)
    yield page
    failed = getattr(request.node, "failed", False)
    if failed:
        page.screenshot(f"failed-{page.name}")
    page.prefer("light")
    complaints, foreign = page.complaints(), page.foreign_requests()
    page.leave()
    assert foreign == []
    assert failed or complaints == []


@pytest.fixture
def operator(tmp_path):
    """Starts an operator that watches some sessions: it, and the API server."""
    started = []

    def start(*sessions: dict) -> tuple[Operator, Kubernetes]:
        kubernetes = Kubernetes(list(sessions))
        started.append(kubernetes)
        started.append(Operator(tmp_path, kubernetes))
        return started[-1], kubernetes

    yield start
    for part in reversed(started):
        part.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report
