"""Which requests are let in."""

import pytest

from enigma_tui.web.admission import Admission

OURS = Admission("127.0.0.1")


@pytest.mark.parametrize(
    ("admission", "host", "page"),
    [
        (OURS, "127.0.0.1:8000", "http://127.0.0.1:8000"),
        (OURS, "localhost:8000", "http://localhost:8000"),
        (OURS, "LOCALHOST:8000", "http://localhost:8000"),
        (OURS, "[::1]:8000", "http://[::1]:8000"),
        (OURS, "192.0.2.7:8000", "http://192.0.2.7:8000"),
        (OURS, "localhost", "https://localhost"),
        (Admission("board.lan"), "board.lan:8000", "http://board.lan:8000"),
        (Admission("Board.LAN"), "board.lan", "http://board.lan"),
        (Admission("0.0.0.0", "http://board.lan:8000"), "board.lan:8000", "http://board.lan:8000"),
        # A proxy passes the name on, or does not.
        (Admission("::1", "https://board.example"), "board.example", "https://board.example"),
        (Admission("::1", "https://board.example/x/"), "127.0.0.1:8000", "https://board.example"),
        (Admission("::1", "https://board.example:443"), "[::1]:8000", "https://board.example"),
    ],
)
def test_the_boards_own_page_is_let_in(admission: Admission, host: str, page: str) -> None:
    assert admission.refusal(host, page, draws=True) == ""
    assert admission.refusal(host, page, draws=False) == ""
    assert admission.refusal(host, None, draws=False) == ""


@pytest.mark.parametrize(
    ("host", "page"),
    [
        ("127.0.0.1:8000", "http://evil.example"),
        ("127.0.0.1:8000", "http://127.0.0.1:3000"),
        ("127.0.0.1:8000", "http://127.0.0.1"),
        ("127.0.0.1:8000", "http://localhost:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000.evil.example"),
        ("127.0.0.1:8000", "http://evil.example/http://127.0.0.1:8000"),
        ("127.0.0.1:8000", "null"),
        ("127.0.0.1:8000", "file://"),
        ("127.0.0.1:8000", ""),
    ],
)
@pytest.mark.parametrize("draws", [True, False])
def test_a_page_of_another_origin_is_not(host: str, page: str, draws: bool) -> None:
    refusal = OURS.refusal(host, page, draws=draws)
    assert "another site" in refusal
    assert "--public-url" in refusal


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example"],
)
def test_a_name_that_is_not_ours_is_refused_with_what_to_do(host: str) -> None:
    for page in (None, f"http://{host}"):
        refusal = OURS.refusal(host, page, draws=True)
        assert host in refusal
        assert f"--public-url http://{host}" in refusal


@pytest.mark.parametrize(
    "host", ["", "evil example", "a@127.0.0.1:8000", "127.0.0.1:8000/x", "[::1", "<b>", "h:port"]
)
def test_what_is_no_host_is_refused_and_not_repeated(host: str) -> None:
    refusal = OURS.refusal(host, "http://127.0.0.1:8000", draws=True)
    assert "does not say for which host" in refusal
    assert not host or host not in refusal


def test_only_a_page_is_given_the_board() -> None:
    assert OURS.refusal("127.0.0.1:8000", None, draws=True)
    assert not OURS.refusal("127.0.0.1:8000", None, draws=False)
