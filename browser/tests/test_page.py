"""The means by which pages are watched: what must not happen is noticed when it does."""

from harness import until
from page import Page


def test_complaints_and_requests_to_others_are_noticed(browser):
    page = Page(browser, "noticed")
    # On loopback, and yet not the host that our programs have.
    foreign = "http://127.0.0.2:9/picture.png"
    browser.get(f"data:text/html,<script>console.error('a complaint')</script><img src='{foreign}'>")
    until("the complaint", lambda: any("a complaint" in line for line in page.complaints()))
    until("the request", lambda: page.foreign_requests() == [foreign])
    page.expect_complaint("a complaint")
    page.expect_complaint(foreign)
    assert page.complaints() == []
