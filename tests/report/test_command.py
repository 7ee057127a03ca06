"""readiness report: one file, on any repository, as HTML, PDF, Markdown or mail."""

from __future__ import annotations

import email
import email.policy
import os
import socket
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from readiness import mail, pdf, registry
from readiness.cli import main
from readiness.errors import UsageError
from readiness.model import Report

if TYPE_CHECKING:
    from conftest import Git
    from pypdf import PdfReader

Make = Callable[..., Report]
DAY = 86_400
BEGIN = 1_700_000_000
BODY = 100 * 1024  # bytes of a mail without what is attached


@pytest.fixture
def bare(
    git: Git, make_git: Callable[..., Git], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A bare clone of a service that changed over five weeks."""
    for week in range(5):
        git.write("main.py", f"from fastapi import FastAPI\n\napp = FastAPI(version='{week}')\n")
        git.write(f"old_archive/main_{week}.py", f"VERSION = {week}\n")
        git.write("Dockerfile", 'FROM python:3.12\nCOPY . .\nCMD ["uvicorn", "main:app"]\n')
        git.commit(f"week {week}", at=BEGIN + week * 7 * DAY)
    clone = tmp_path / "clone.git"
    git("clone", "--quiet", "--bare", str(git.folder), str(clone))
    monkeypatch.setenv("READINESS_CACHE_DIR", str(tmp_path / "cache"))
    return clone


def test_it_works_on_a_bare_clone_and_says_the_same_again(bare: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert main(["report", str(bare), "--output", str(file)]) == 0
    page = file.read_text()
    assert page.startswith("<!doctype html>") and "Score over time" in page
    assert "Forecast" in page or "No forecast yet" in page
    assert main(["report", str(bare), "--output", str(file)]) == 0
    assert file.read_text() == page


def test_the_markdown_goes_to_standard_output(
    bare: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["report", str(bare), "--markdown", "--weeks", "0"]) == 0
    text = capsysbinary.readouterr().out.decode()
    assert text.startswith("# app: NOT READY")
    assert "1 week" not in text  # no trend was asked for


def test_the_same_page_is_a_format_of_the_audit(bare: Path, tmp_path: Path) -> None:
    file = tmp_path / "audit.html"
    assert main(["audit", str(bare), "--format", "html", "--output", str(file)]) == 0
    assert "Every finding" in file.read_text() and "Road map" not in file.read_text()


def complaint(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["report", *arguments]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--pdf", "--markdown"], "choose one"),
        (["--output", "no/such/folder/x.html"], "--output no/such/folder/x.html: no such file"),
        (["--mail", "no/such/folder/x.eml"], "--mail no/such/folder/x.eml: no such file"),
        (["--smtp", "host:none"], "--smtp host:none: name a server as HOST:PORT"),
        (["--smtp", ":25"], "--smtp :25: name a server as HOST:PORT"),
        (["--weeks", "-1"], "--weeks"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    arguments: list[str], says: str, bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in complaint([str(bare), *arguments], capsys)


def test_a_terminal_is_not_filled_with_html(
    bare: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "--output FILE, or --markdown" in complaint([str(bare)], capsys)


# -- PDF


@pytest.fixture
def printer() -> str:
    """Chromium; without it a test is skipped, but never in continuous integration."""
    program = pdf.chromium()
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed")
    return str(program)


def reader(file: Path) -> PdfReader:
    from pypdf import PdfReader

    return PdfReader(file)


def pages(file: Path) -> list[str]:
    return [page.extract_text() for page in reader(file).pages]


def test_the_pdf_is_printed_by_chromium(printer: str, bare: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    assert main(["report", str(bare), "--pdf", "--output", str(file)]) == 0
    first, second, third, *_ = pages(file)
    assert "The six dimensions" in first and "Road map" in second and "For engineers" in third
    assert file.read_bytes().startswith(b"%PDF-1.5")  # it is packed
    assert "/StructTreeRoot" in reader(file).root_object  # for screen readers


def test_without_chromium_weasyprint_prints(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pdf.CHROMIUM, "")
    file = tmp_path / "report.pdf"
    assert main(["report", str(bare), "--pdf", "--output", str(file)]) == 0
    first, second, third, *_ = pages(file)
    assert "The six dimensions" in first and "Road map" in second and "For engineers" in third


def test_without_either_it_says_what_to_install(
    bare: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pdf.CHROMIUM, "")
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    said = complaint([str(bare), "--pdf", "--output", "x.pdf"], capsys)
    assert "--pdf needs Chromium" in said and "readiness[pdf]" in said


def test_a_browser_that_fails_is_named(
    bare: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pdf.CHROMIUM, "/bin/false")
    assert "--pdf: /bin/false failed" in complaint([str(bare), "--pdf", "--output", "x"], capsys)
    monkeypatch.setenv(pdf.CHROMIUM, "/no/such/program")
    assert "no such file" in complaint([str(bare), "--pdf", "--output", "x"], capsys)


# -- mail


class Box:
    """What a real SMTP server on this machine was given."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], EmailMessage]] = []
        self.port = 0
        self.refuses = ""

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address == self.refuses:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, parsed))
        return "250 OK"


@pytest.fixture
def box() -> Iterator[Box]:
    from aiosmtpd.controller import Controller

    made = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made.port = free.getsockname()[1]
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    yield made
    controller.stop()


def kinds(message: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def body(message: EmailMessage) -> int:
    """The bytes of a message without what is attached."""
    attached = [bytes(part) for part in message.iter_attachments()]
    return len(bytes(message)) - sum(map(len, attached))


def test_a_mail_arrives_as_it_was_made(bare: Path, tmp_path: Path, box: Box) -> None:
    page = tmp_path / "report.html"
    addresses = ["--from", "Readiness <bot@example.org>", "--to", "ada@example.org"]
    addresses += ["--to", "Grace Hopper <grace@example.org>"]
    server = ["--smtp", f"127.0.0.1:{box.port}"]
    assert main(["report", str(bare), *server, *addresses, "--output", str(page)]) == 0
    ((sender, receivers, message),) = box.mails
    assert sender == "bot@example.org"
    assert receivers == ["ada@example.org", "grace@example.org"]
    assert kinds(message) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/html",
    ]
    assert "NOT READY" in message["Subject"] and message["Date"] and message["Message-ID"]
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None and "## Top risks" in text.get_content()
    assert html is not None and "<h2" in html.get_content()
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "app-readiness.html"
    assert attached.get_content().replace("\r\n", "\n") == page.read_text()
    assert body(message) < BODY


def test_a_mail_is_a_file_as_well(bare: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.eml"
    assert main(["report", str(bare), "--mail", str(file), "--markdown"]) == 0
    first = file.read_bytes()
    message = email.message_from_bytes(first, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert kinds(message)[-1] == "text/markdown" and body(message) < BODY
    assert main(["report", str(bare), "--mail", str(file), "--markdown"]) == 0
    assert file.read_bytes() == first


def test_a_large_report_makes_no_large_mail(make_report: Make) -> None:
    report = make_report(30_000)
    text = registry.renderer("markdown", registry.WEEKLY)(report)
    html = registry.renderer("mail", registry.WEEKLY)(report)
    attachment = mail.Attachment("a.txt", "text/plain", b"whole")
    message = mail.message("subject", text, html, attachment)
    assert body(message) < BODY


def test_a_mail_holds_all_its_style_in_its_tags(make_report: Make) -> None:
    html = registry.renderer("mail", registry.WEEKLY)(make_report())
    assert "<style" not in html and "<link" not in html and "var(--" not in html
    assert "<script" not in html and "http" not in html.replace("&lt;", "")
    assert html.count("style=") > 50


def test_whoever_is_refused_is_named(
    bare: Path, box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    box.refuses = "ada@example.org"
    server = ["--smtp", f"127.0.0.1:{box.port}", "--from", "a@example.org"]
    said = complaint([str(bare), *server, "--to", "ada@example.org"], capsys)
    assert "refuses to deliver to ada@example.org" in said
    assert box.mails == []


def test_a_server_that_is_not_there_is_named(
    bare: Path, box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        ends = ["--from", "a@example.org", "--to", "b@example.org"]
        said = complaint([str(bare), "--smtp", f"127.0.0.1:{port}", *ends], capsys)
    assert said == f"readiness: --smtp 127.0.0.1:{port}: connection refused\n"


def test_addresses_are_asked_for_and_checked(
    bare: Path, box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    server = ["--smtp", f"127.0.0.1:{box.port}"]
    assert "needs --from ADDRESS and --to ADDRESS" in complaint([str(bare), *server], capsys)
    ends = ["--from", "a@example.org", "--to", "b@example.org\nBcc: c@example.org"]
    assert "not an address" in complaint([str(bare), *server, *ends], capsys)
    assert box.mails == []


def test_a_password_goes_over_no_open_line(
    make_report: Make, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mail.USER, "bot")
    monkeypatch.setenv(mail.PASSWORD, "not a secret")
    monkeypatch.setattr(mail, "_LOCAL", ())
    attachment = mail.Attachment("a.txt", "text/plain", b"whole")
    made = mail.message("s", "t", "<p>t", attachment, sender="a@b.example", to=("c@d.example",))
    with pytest.raises(UsageError, match="offers no encryption"):
        mail.send(made, mail.Server("127.0.0.1", box.port))
    assert box.mails == []


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("mail.example.org:587", mail.Server("mail.example.org", 587)),
        ("mail.example.org", mail.Server("mail.example.org", 25)),
        ("[::1]:2525", mail.Server("::1", 2525)),
        ("[::1]", mail.Server("::1", 25)),
    ],
)
def test_a_server_is_a_host_and_a_port(address: str, server: mail.Server) -> None:
    assert mail.parse_server(address) == server
