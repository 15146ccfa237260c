import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pos_app.errors import SyncError
from pos_app.protocol.signing import RequestToSign, public_key_of, verify
from pos_app.sync.client import CallFailedError, HqClient
from pos_app.sync.deadline import Deadline
from pos_app.sync.decisions import HttpAnswer, Problem
from tests.pos_app.sync.servers import answer, raw, read_request, serving, trickle

KEY = bytes(range(32))


def call(
    url: str,
    *,
    body: bytes = b"body",
    call_timeout_ms: int = 5_000,
    connect_timeout_ms: int = 3_000,
    answer_bytes_max: int = 1000,
) -> HttpAnswer:
    """One call."""
    with HqClient(
        url,
        private_key=KEY,
        call_timeout_ms=call_timeout_ms,
        connect_timeout_ms=connect_timeout_ms,
        answer_bytes_max=answer_bytes_max,
    ) as client:
        return client.call("POST", "/v1/x?y=1", terminal_id="t", time_ms=7, body=body)


def problem_of(url: str, **options: int | bytes) -> Problem:
    with pytest.raises(CallFailedError) as raised:
        call(url, **options)  # type: ignore[arg-type]
    return raised.value.problem


def test_that_an_answer_comes_as_it_was_sent() -> None:
    with serving(answer(503, b"later", Retry_After="9", X_Pos_Answer_Signature="ab", X_Other="1")) as server:
        got = call(server.url)
        (request,) = server.requests

    assert HttpAnswer(503, b"later", "9", signature="ab", nonce=request.headers["x-pos-nonce"]) == got


def test_that_an_answer_without_those_headers_names_no_time_and_no_signature() -> None:
    with serving(answer(200, b"ok")) as server:
        got = call(server.url)

    assert (200, b"ok", "", "") == (got.status, got.body, got.retry_after, got.signature)


def test_that_the_request_is_signed_as_it_goes_out() -> None:
    with serving(answer(200)) as server:
        call(server.url + "/behind/a/proxy/")
        (request,) = server.requests

    assert ("POST", "/behind/a/proxy/v1/x?y=1", b"body") == (request.method, request.path, request.body)
    signed = RequestToSign("POST", "/v1/x?y=1", "t", 7, request.headers["x-pos-nonce"], b"body")
    assert verify(public_key_of(KEY), bytes.fromhex(request.headers["x-pos-signature"]), signed.canonical())


def test_that_no_nonce_comes_twice() -> None:
    with serving(answer(200)) as server:
        call(server.url)
        call(server.url)

    assert 2 == len({request.headers["x-pos-nonce"] for request in server.requests})


def test_that_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert Problem.UNREACHABLE == problem_of(f"http://127.0.0.1:{port}")


def test_that_a_host_that_does_not_take_the_connection_is_slow() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for filler in waiting:
            filler.setblocking(False)
            filler.connect_ex(address)
        try:
            assert Problem.SLOW == problem_of(f"http://127.0.0.1:{address[1]}", connect_timeout_ms=200)
        finally:
            for filler in waiting:
                filler.close()


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"])
def test_that_a_byte_now_and_then_does_not_hold_the_till(head: bytes) -> None:
    closing = threading.Event()
    with serving(trickle(head, b"x", every_s=0.02, closing=closing)) as server:
        started_s = time.monotonic()
        problem = problem_of(server.url, call_timeout_ms=300, answer_bytes_max=1_000_000)
        seconds = time.monotonic() - started_s
        closing.set()

    assert Problem.SLOW == problem
    assert 0.25 < seconds < 2


def test_that_an_hq_that_never_answers_is_slow() -> None:
    released = threading.Event()

    def silent(_connection: socket.socket) -> None:
        released.wait(5)

    with serving(silent) as server:
        problem = problem_of(server.url, call_timeout_ms=100)
        released.set()

    assert Problem.SLOW == problem


def test_that_nothing_begins_after_the_deadline() -> None:
    deadline = Deadline()
    deadline.set(call_timeout_s=0)

    with pytest.raises(httpcore.TimeoutException):
        deadline.left_s(3.0)


def test_that_an_operation_gets_the_smaller_of_its_own_time_and_what_is_left() -> None:
    deadline = Deadline()
    deadline.set(call_timeout_s=100)

    assert 3.0 == deadline.left_s(3.0)
    assert 99 < deadline.left_s(None) <= 100


def test_that_an_hq_that_does_not_read_is_slow() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started_s = time.monotonic()

        assert Problem.SLOW == problem_of(url, body=b"x" * 30_000_000, call_timeout_ms=300)
        assert time.monotonic() - started_s < 3


@pytest.mark.parametrize(
    "content",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"],
    ids=["nothing", "half a head", "half a body"],
)
def test_that_an_hq_that_dies_midway_is_unreachable(content: bytes) -> None:
    with serving(raw(content)) as server:
        assert Problem.UNREACHABLE == problem_of(server.url)


def test_that_something_that_does_not_speak_http_is_rubbish() -> None:
    with serving(raw(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n" + b"\0" * 100)) as server:
        assert Problem.RUBBISH == problem_of(server.url)


def test_that_an_answer_without_end_is_rubbish() -> None:
    with serving(raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)) as server:
        assert Problem.RUBBISH == problem_of(server.url)


def test_that_a_client_works_again_after_a_failure() -> None:
    with serving(raw(b""), answer(200, b"ok")) as server, HqClient(server.url, private_key=KEY) as client:
        with pytest.raises(CallFailedError):
            client.call("GET", "/", terminal_id="t", time_ms=7)
        assert 200 == client.call("GET", "/", terminal_id="t", time_ms=7).status


def test_that_a_client_that_never_called_closes_too() -> None:
    with HqClient("http://127.0.0.1:1", private_key=KEY):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hq.example.org",
        "ftp://hq.example.org",
        "http://",
        "http://hq:port",
        "http://hq:0",
        "http://[::1",
        "http://шапка.example",
        f"http://{'a' * 64}.example",
    ],
)
def test_that_an_address_that_cannot_be_one_is_refused_by_name(url: str) -> None:
    with pytest.raises(SyncError) as raised:
        HqClient(url, private_key=KEY)

    assert "sync.address" == raised.value.code
    assert "hq.url" in raised.value.todo


class EncryptedServer:
    """A server with a certificate of its own for 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.certificate = folder / "certificate.pem"
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = folder / "key.pem"
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, private)
        self._listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except ssl.SSLError:
            return
        with connection:
            read_request(connection)
            answer(200, b"safe")(connection)

    def stop(self) -> None:
        self._thread.join()
        self._listener.close()


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[EncryptedServer]:
    server = EncryptedServer(tmp_path)
    yield server
    server.stop()


def test_that_https_is_checked_against_the_systems_certificates(
    encrypted: EncryptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(encrypted.certificate))

    assert b"safe" == call(encrypted.url).body


def test_that_a_certificate_nobody_vouches_for_is_not_spoken_to(encrypted: EncryptedServer) -> None:
    assert Problem.UNREACHABLE == problem_of(encrypted.url)
