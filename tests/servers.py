"""Servers on loopback that keep what DVC pushes: S3, SSH and HTTP, each as it is configured for DVC."""

import functools
import getpass
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Config = dict[str, str]
"""The settings of a remote of DVC."""


def configure(root: Path, remote: Mapping[str, str]) -> None:
    """Let `lab` be the default remote in `root`, as `dvc remote add --local --default` does."""
    lines = [f"    {key} = {value}\n" for key, value in remote.items()]
    text = "[core]\n    remote = lab\n['remote \"lab\"']\n" + "".join(lines)
    (root / ".dvc/config.local").write_text(text, encoding="utf-8")


class Silent(SimpleHTTPRequestHandler):
    """Files, without a word on each."""

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


class Refusing(Silent):
    """No files before one has said who one is."""

    def do_GET(self) -> None:
        self.send_error(401)

    do_HEAD = do_GET  # noqa: N815


@contextmanager
def http(folder: Path, _: pytest.MonkeyPatch, handler: type[Silent] = Silent) -> Iterator[Config]:
    """A read-only remote: what lies in `folder`."""
    made = functools.partial(handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield {"url": f"http://127.0.0.1:{server.server_port}"}
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def s3(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """A bucket of moto's, which asks for some credentials and takes any."""
    pytest.importorskip("dvc_s3", reason="needs the package dvc-s3")
    moto = pytest.importorskip("moto.server", reason="needs the package moto[server]")
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        (folder / name).touch()
        monkeypatch.setenv(name, str(folder / name))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # no question leaves this machine
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        urllib.request.urlopen(urllib.request.Request(f"{url}/bucket", method="PUT")).close()
        yield {
            "url": "s3://bucket/inforeg",
            "endpointurl": url,
            "region": "us-east-1",
            "access_key_id": "nobody",
            "secret_access_key": "nothing",
        }
    finally:
        server.stop()


@contextmanager
def ssh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """OpenSSH's server, which lets this user in with a key that is made for the test."""
    pytest.importorskip("dvc_ssh", reason="needs the package dvc-ssh")
    server = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if server is None:
        pytest.skip("needs the server of OpenSSH (openssh-server)")
    monkeypatch.setenv("HOME", str(folder))  # nobody's own keys are offered
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with suppress(OSError):  # where root starts it, it asks for this folder of the system's
        Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "user", "stranger"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "user.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "PidFile": "none",
        "Subsystem": "sftp internal-sftp",
    }
    lines = "".join(f"{key} {value}\n" for key, value in settings.items())
    (folder / "sshd_config").write_text(lines, encoding="utf-8")
    log = folder / "log"
    command = [server, "-D", "-f", str(folder / "sshd_config"), "-E", str(log)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            while process.poll() is None and not (log.exists() and "Server listening" in log.read_text()):
                time.sleep(0.05)
            if process.poll() is not None:
                pytest.skip(f"the server of OpenSSH does not start here: {log.read_text().strip()}")
            yield {
                "url": f"ssh://127.0.0.1:{port}{folder}/remote",
                "user": getpass.getuser(),
                "keyfile": str(folder / "user"),
            }
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
