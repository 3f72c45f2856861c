"""The sandbox listens to this machine only."""

import re

import pytest

from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Town

PATHS = ("/", "/sandbox/people", "/sandbox/store", "/static/page.css", "/bot{token}/getMe")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "192.168.0.7", "localhost.evil.example", ""]
)
async def test_a_foreign_host_is_turned_away_everywhere(sandbox: Sandbox, town: Town, host: str) -> None:
    assert town.session is not None
    for path in PATHS:
        url = sandbox.url + path.format(token=sandbox.token)
        async with town.session.get(url, headers={"Host": host}) as response:
            assert response.status == 403, path


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8081", "[::1]:8081", "LOCALHOST:1"])
async def test_loopback_names_come_in(sandbox: Sandbox, town: Town, host: str) -> None:
    assert town.session is not None
    for path in PATHS:
        url = sandbox.url + path.format(token=sandbox.token)
        async with town.session.get(url, headers={"Host": host}) as response:
            assert response.status == 200, path


async def test_another_page_cannot_post_here(sandbox: Sandbox, town: Town) -> None:
    assert town.session is not None
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        async with town.session.post(f"{sandbox.url}/sandbox/reset", headers=headers) as response:
            assert response.status == 403
    async with town.session.post(f"{sandbox.url}/sandbox/reset", headers={"Origin": sandbox.url}) as response:
        assert response.status == 200


async def test_a_link_elsewhere_may_lead_to_the_page_but_to_nothing_else(
    sandbox: Sandbox, town: Town
) -> None:
    assert town.session is not None
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
    for path, status in (("/", 200), ("/sandbox/people", 403)):
        async with town.session.get(f"{sandbox.url}{path}", headers=headers) as response:
            assert response.status == status


async def test_the_page_runs_no_foreign_or_inline_script(sandbox: Sandbox, town: Town) -> None:
    assert town.session is not None
    async with town.session.get(sandbox.url) as response:
        policy, body = response.headers["Content-Security-Policy"], await response.text()
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert "http" not in body.replace("http-equiv", "") and " style=" not in body and "<script>" not in body
    assert not re.search(r"\son[a-z]+=", body)


async def test_it_listens_on_loopback_alone(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:") and sandbox.smtp.startswith("smtp://127.0.0.1:")
