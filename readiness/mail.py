"""Mail: a report as a message, and its way to an SMTP server."""

from __future__ import annotations

import os
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from msgspec import Struct

from readiness.errors import UsageError, one_line

USER, PASSWORD = "READINESS_SMTP_USER", "READINESS_SMTP_PASSWORD"
_SECONDS = 30
_IMPLICIT_TLS = 465
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Attachment(Struct, frozen=True):
    """A file that goes with a message; `kind` is its MIME type."""

    name: str
    kind: str
    data: bytes


class Server(Struct, frozen=True):
    host: str
    port: int


def message(
    subject: str,
    text: str,
    html: str,
    attachment: Attachment,
    *,
    sender: str = "",
    to: tuple[str, ...] = (),
) -> EmailMessage:
    """A message with a text, the same as HTML, and the whole report attached. It has no date:
    who sends it gives it one.

    Raises:
        UsageError: an address is none.
    """
    made = EmailMessage(policy=SMTP)
    made["Subject"] = one_line(subject)
    try:
        if sender:
            made["From"] = sender
        if to:
            made["To"] = ", ".join(to)
    except (ValueError, IndexError) as error:
        raise UsageError(f"not an address: {one_line(error)}") from error
    made.set_content(text)
    made.add_alternative(html, subtype="html")
    kind, _, subkind = attachment.kind.partition("/")
    parameters = {"charset": "utf-8"} if kind == "text" else {}
    made.add_attachment(
        attachment.data, maintype=kind, subtype=subkind, filename=attachment.name, params=parameters
    )
    _settle_boundaries(made)
    return made


def _settle_boundaries(made: EmailMessage) -> None:
    """Boundaries that are the same for the same report, and that stand in no encoded part."""
    for number, part in enumerate(made.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_readiness_{number}_=")


def parse_server(address: str) -> Server:
    """HOST:PORT, or HOST for port 25; an IPv6 address stands in brackets.

    Raises:
        UsageError: it is none.
    """
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, "25"
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise UsageError(f"--smtp {one_line(address)}: name a server as HOST:PORT")
    return Server(host, int(port))


def send(made: EmailMessage, server: Server) -> None:
    """Gives the message to a server, encrypted wherever it can. Who sends is told by the variables
    USER and PASSWORD of the environment, which go over an encrypted connection only.

    Raises:
        UsageError: the server cannot be reached, or refuses.
    """
    where = f"--smtp {one_line(server.host)}:{server.port}"
    if not made["From"] or not made["To"]:
        raise UsageError(f"{where} needs --from ADDRESS and --to ADDRESS")
    made["Date"] = formatdate()
    made["Message-ID"] = make_msgid(domain=made["From"].addresses[0].domain or None)
    context = ssl.create_default_context()
    try:
        with _connect(server, context) as connection:
            encrypted = isinstance(connection, smtplib.SMTP_SSL)
            connection.ehlo()
            if not encrypted and connection.has_extn("starttls") and server.host not in _LOCAL:
                connection.starttls(context=context)
                connection.ehlo()
                encrypted = True
            user = os.environ.get(USER)
            if user and not encrypted and server.host not in _LOCAL:
                raise UsageError(f"{where} offers no encryption, so the password stays here")
            if user:
                connection.login(user, os.environ.get(PASSWORD, ""))
            connection.send_message(made)
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        reason = said.decode(errors="replace") if isinstance(said, bytes) else said
        raise UsageError(f"{where} refuses: {error.smtp_code} {one_line(reason)}") from error
    except smtplib.SMTPRecipientsRefused as error:
        names = ", ".join(map(one_line, error.recipients))
        raise UsageError(f"{where} refuses to deliver to {names}") from error
    except (smtplib.SMTPException, OSError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UsageError(f"{where}: {one_line(reason)}") from error


def _connect(server: Server, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.port == _IMPLICIT_TLS:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
