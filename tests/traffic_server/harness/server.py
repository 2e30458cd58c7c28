# SPDX-License-Identifier: Apache-2.0
"""A private Traffic Server: its own directory, ports on 127.0.0.1, and no service manager."""

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import build, compiled_code
from .certificates import SERVER_NAME
from .http1 import Connection
from .ports import free_port
from .settings import IP_ALLOW, RUNROOT_DIRECTORIES, default_records, records_text

PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>
RUNNING = []  # servers that have been started and not stopped
START_PAUSE = 0.001  # seconds between two looks whether it serves: bench/questions/start.py takes the time of that


# Traffic Server 9.2.9 itself crashes here (EThread::summarize_stats) when its first statistics are due before all of its
# threads have begun: where the machine stands still for some seconds amid a start.
START_RACE = "summarize_stats"


class ServerFailed(Exception):
    """The server did not start, or died, or a sanitizer complained."""


def remap_rule(host, port, *parameters):
    """A rule that maps a host to an origin on 127.0.0.1; `parameters` as in remap.config ("@plugin=…")."""
    return " ".join([f"map http://{host}/ http://127.0.0.1:{port}/", *parameters])


def tls_remap_rule(host, port, *parameters):
    """The same for requests that come over TLS."""
    return " ".join([f"map https://{host}/ http://127.0.0.1:{port}/", *parameters])


class TrafficServer:
    """One instance.

    plugins, remap  lines of plugin.config and remap.config
    records         values of records.config by name, without "proxy.config."
    files           more files of the configuration directory: name to text (or bytes)
    manager         run it under traffic_manager, which traffic_ctl needs (reload, statistics)
    certificates    a harness.certificates.Certificates: a TLS port, too
    environment     more variables for the server's environment
    under           words before the server's command: a tool that it runs under
    """

    def __init__(self, plugins=(), remap=(), records=None, files=None, manager=False, certificates=None,
                 environment=None, threads=2, under=()):
        # Not pytest's own directory: a manager's socket has to have a short path.
        self.directory = Path(tempfile.mkdtemp(prefix="pw-ts-"))
        self.directory.chmod(0o755)
        self.port = free_port()
        self.tls_port = free_port() if certificates else None
        self.manager = manager
        self.environment = dict(environment or {})
        self.under = list(under)
        self.process = None
        self._certificates = certificates
        self._write_layout(threads, records or {})
        self.write("plugin.config", "\n".join(plugins) + "\n")
        self.write("remap.config", "\n".join(remap) + "\n")
        for name, content in (files or {}).items():
            self.write(name, content)

    # ------------------------------------------------------------------------------------------------ configuration

    def path(self, name):
        """A file of the configuration directory."""
        return self.directory / "etc" / name

    def write(self, name, content):
        """Writes a file of the configuration directory, in one step as an operator's tool would."""
        path = self.path(name)
        temporary = path.with_name(path.name + ".new")
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        if path.exists():
            # The server looks at whole seconds: a second write within one would not be a change.
            later = max(int(path.stat().st_mtime) + 2, int(time.time()))
            os.utime(temporary, (later, later))
        temporary.rename(path)
        return path

    def touch(self, name):
        """Makes a file look changed."""
        self.write(name, self.path(name).read_bytes())

    def _write_layout(self, threads, records):
        places = {name: self.directory / sub for name, sub in RUNROOT_DIRECTORIES.items()}
        for path in places.values():
            path.mkdir(exist_ok=True)
        layout = {"prefix": self.directory, "exec_prefix": self.directory, **places,
                  "bindir": "/usr/bin", "sbindir": "/usr/bin", "includedir": "/usr/include",
                  "libdir": "/usr/lib/trafficserver", "libexecdir": "/usr/lib/trafficserver/modules",
                  "datadir": "/usr/share/trafficserver"}
        compiled_code.lend(self._code_cache())
        (self.directory / "runroot.yaml").write_text("".join(f"{name}: {path}\n" for name, path in layout.items()))
        ports = f"{self.port}:ip-in=127.0.0.1"
        if self._certificates:
            ports += f" {self.tls_port}:ssl:ip-in=127.0.0.1"
            self.write("ssl_multicert.config", f"dest_ip=* ssl_cert_name={self._certificates.certificate} "
                                               f"ssl_key_name={self._certificates.key}\n")
        self.write("storage.config", f"{places['cachedir']} 32M\n")
        self.write("ip_allow.yaml", IP_ALLOW)
        self.write("records.config", records_text({**default_records(), "http.server_ports": ports,
                                                   "exec_thread.limit": threads, **records}))

    # ---------------------------------------------------------------------------------------------------- life cycle

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self, timeout=compiled_code.START_SECONDS):
        """Starts it and waits until it serves. Raises ServerFailed with its logs."""
        for is_last in (False, True):
            self._launch()
            try:
                self._wait_until_it_serves(timeout)
                break
            except ServerFailed as error:
                if is_last or START_RACE not in str(error):
                    self.stop()
                    raise
            self.halt()
            self._empty_logs()
        return self

    def _launch(self):
        program = "traffic_manager" if self.manager else "traffic_server"
        command = [*self.under, shutil.which(program) or f"/usr/bin/{program}",
                   *(["--nosyslog"] if self.manager else [])]
        # As a remap plugin, wasm.so runs as a copy that Traffic Server made: engines are not beside that one.
        environment = {**os.environ, "TS_RUNROOT": str(self.directory),
                       "PROXYWASM_ENGINE_PATH": str(build.BUILD / "lib"), **self.environment,
                       **build.sanitizer_environment(self.directory / "log" / "sanitizer")}
        with open(self.directory / "log" / "stderr", "ab") as output:
            self.process = subprocess.Popen(command, env=environment, cwd=self.directory, stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, start_new_session=True,
                                            preexec_fn=self._die_with_us)
        RUNNING.append(self)

    def _wait_until_it_serves(self, timeout):
        self.wait_for_log(r"traffic server running", timeout=timeout, pause=START_PAUSE)
        if self.cache_is_on:
            self.wait_for_log(r"cache enabled", timeout=timeout, pause=START_PAUSE)
        self._wait_for_ports(timeout)

    def _die_with_us(self):
        """In the new process: it ends when this one does, also when this one is killed. A manager ends its server."""
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM if self.manager else signal.SIGKILL)

    def _wait_for_ports(self, timeout):
        end = time.monotonic() + timeout
        for port in filter(None, (self.port, self.tls_port)):
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 5).close()
                    break
                except ConnectionRefusedError:
                    if time.monotonic() > end:
                        raise self._failure(f"nobody listens on port {port} after {timeout} s") from None
                    time.sleep(START_PAUSE)

    @property
    def cache_is_on(self):
        return "http.cache.http INT 0" not in self.path("records.config").read_text()

    def server_pid(self):
        """The id of the traffic_server process itself (not the manager's), or None while there is none."""
        if not self.process or not self.manager:
            return self.process.pid if self.process else None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def stop(self, graceful=False):
        """Stops it: at once, or with SIGTERM and its whole shutdown. Raises ServerFailed when it had crashed."""
        if self not in RUNNING:
            return
        RUNNING.remove(self)
        try:
            self.check()
            if graceful:
                self.process.send_signal(signal.SIGTERM)
                self.process.wait(20)
                if self.process.returncode not in (0, -signal.SIGTERM):
                    raise self._failure(f"it ended with {self.process.returncode}")
        finally:
            self._kill()
            self.stopped_logs = self.logs()
            self.discard()

    def halt(self):
        """Ends the process and keeps the directory: it can be started again, until discard()."""
        RUNNING.remove(self)
        self._kill()

    def start_anew(self):
        """Another process in place of the present one, on the same ports, with the same files and empty logs."""
        self.halt()
        self._empty_logs()
        return self.start()

    def _empty_logs(self):
        for log in (self.directory / "log").iterdir():
            log.unlink()

    def _code_cache(self):
        return self.directory / RUNROOT_DIRECTORIES["runtimedir"] / "proxywasm"

    def discard(self):
        """Removes the directory."""
        compiled_code.keep(self._code_cache())
        shutil.rmtree(self.directory, ignore_errors=True)

    def _kill(self):
        # The manager first, or it would start a new server.
        server = self.server_pid() if self.process.poll() is None else None
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        if server and server != self.process.pid:
            try:
                os.kill(server, signal.SIGKILL)
            except ProcessLookupError:
                pass

    # ------------------------------------------------------------------------------------------------------- health

    def check(self):
        """Raises ServerFailed when the server died, or a sanitizer wrote a report."""
        reports = list((self.directory / "log").glob("sanitizer.*"))
        if reports:
            raise self._failure("a sanitizer complained:\n" + "\n".join(path.read_text() for path in reports))
        if self.process.poll() is not None:
            raise self._failure(f"the server died: {_exit_text(self.process.returncode)}")
        crash = re.search(r".*(received signal|Fatal:|failed assert|Server Process terminated|segmentation fault).*",
                          self.log("manager.log") + self.log("stderr") + self.log("traffic.out"), re.IGNORECASE)
        if crash:
            raise self._failure(f"the server crashed: {crash.group(0)}")

    def _failure(self, message):
        logs = [f"---- {name}\n{text[-6000:]}" for name, text in self.logs().items()]
        return ServerFailed("\n".join([message, *logs]))

    def memory_kilobytes(self):
        """The resident memory of the traffic_server process."""
        status = Path(f"/proc/{self.server_pid()}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    # --------------------------------------------------------------------------------------------------------- logs

    def log(self, name="diags.log"):
        """The text of a log file so far; empty when there is none."""
        try:
            return (self.directory / "log" / name).read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def logs(self):
        """Every text log that is not empty, by name."""
        names = sorted(path.name for path in (self.directory / "log").iterdir() if path.suffix in (".log", ".out", "")
                       and not path.name.startswith("."))
        return {name: text for name in names if (text := self.log(name).strip())}

    def wait_for_log(self, pattern, name="diags.log", timeout=10, since=0, pause=0.01):
        """Waits until a log (from its character `since` on) matches; returns the match. Raises ServerFailed."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            found = re.search(pattern, self.log(name)[since:])
            if found:
                return found
            self.check()
            time.sleep(pause)
        raise self._failure(f"nothing in {name} matches {pattern!r} after {timeout} s")

    # ----------------------------------------------------------------------------------------------------- requests

    def connect(self, tls=False, server_name=SERVER_NAME, timeout=15):
        """An HTTP/1.1 connection to it."""
        if not tls:
            return Connection(self.port, timeout=timeout)
        return Connection(self.tls_port, self._certificates.client_context(), server_name, timeout)

    def connect_http2(self, server_name=SERVER_NAME, timeout=15):
        """An HTTP/2 connection to it."""
        from .http2 import Connection as Http2Connection
        return Http2Connection(self.tls_port, self._certificates.client_context(("h2",)), server_name, timeout)

    def request(self, method, target, host, headers=(), body=b"", tls=False):
        """One request on a connection of its own."""
        pairs = [("Host", host), *(headers.items() if isinstance(headers, dict) else headers)]
        with self.connect(tls) as connection:
            return connection.request(method, target, pairs, body)

    def get(self, target, host, headers=(), tls=False):
        return self.request("GET", target, host, headers, tls=tls)

    # -------------------------------------------------------------------------------------------------- traffic_ctl

    def traffic_ctl(self, *arguments):
        """Runs traffic_ctl against this instance (which has to have a manager); returns its output."""
        assert self.manager, "traffic_ctl needs traffic_manager"
        result = subprocess.run(["traffic_ctl", *arguments], env={**os.environ, "TS_RUNROOT": str(self.directory)},
                                capture_output=True, text=True, timeout=20)
        if result.returncode:
            raise ServerFailed(f"traffic_ctl {' '.join(arguments)}: {result.stdout}{result.stderr}")
        return result.stdout

    def metric(self, name):
        """The value of a statistic."""
        return int(self.traffic_ctl("metric", "get", name).split()[1])

    def wait_for_metric(self, name, at_least, timeout=20):
        """Waits until a statistic has reached a value (the server publishes them with some delay); returns it."""
        end = time.monotonic() + timeout
        while True:
            try:
                value = self.metric(name)
            except ServerFailed:
                value = None
            if (value is not None and value >= at_least) or time.monotonic() > end:
                return value
            time.sleep(0.1)

    def settle(self, name, wanted=0, timeout=20, slack=0):
        """Waits until a statistic has a value, give or take `slack`, or the time is over; returns what it has."""
        end = time.monotonic() + timeout
        while True:
            value = self.wait_for_metric(name, 0)
            if abs(value - wanted) <= slack or time.monotonic() > end:
                return value
            time.sleep(0.1)

    def reload(self):
        """`traffic_ctl config reload`."""
        self.traffic_ctl("config", "reload")


def _exit_text(code):
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
