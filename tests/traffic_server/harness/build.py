# SPDX-License-Identifier: Apache-2.0
"""Where the build put things. PW_BUILD names the build directory (default: build/release)."""

import functools
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("PW_BUILD", ROOT / "build" / "release")).resolve()
MODULES = Path(os.environ.get("PW_MODULES", ROOT / "build" / "modules")).resolve()


class NotBuilt(Exception):
    """Something that the tests need has not been built."""


def artifact(name):
    """A file of the build by its name: "wasm.so", "proxywasm"."""
    for directory in ("lib", "bin", "."):
        path = BUILD / directory / name
        if path.is_file():
            return path
    raise NotBuilt(f"{name} is not in {BUILD}/lib or {BUILD}/bin: run `make build`, or set PW_BUILD")


def module(name):
    """A wasm module by its path under build/modules, without .wasm: "traffic_server/scripted"."""
    path = MODULES / f"{name}.wasm"
    if not path.is_file():
        raise NotBuilt(f"{path} is not there: run `make build`, or set PW_MODULES")
    return path


@functools.cache
def sanitizer_runtimes():
    """The libraries of the sanitizers that the plugin was built with; mostly none."""
    linked = subprocess.run(["ldd", str(artifact("wasm.so"))], capture_output=True, text=True, check=True).stdout
    return [line.split("=>")[1].split()[0] for line in linked.splitlines()
            if "=>" in line and any(name in line for name in ("libasan", "libtsan"))]


def sanitized():
    """Whether the plugin was built with a sanitizer: memory then says nothing."""
    try:
        return bool(sanitizer_runtimes())
    except NotBuilt:
        return False


def sanitizer_environment(log_path):
    """What the server's environment needs when the plugin was built with a sanitizer: its runtime has to be loaded
    first, and its reports go to files of their own so that a test finds them."""
    if not sanitized():
        return {}
    # Traffic Server and the engines leave memory to the end of the process, and engines handle SIGSEGV themselves.
    options = f"log_path={log_path}:abort_on_error=1:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0"
    return {
        "LD_PRELOAD": ":".join(sanitizer_runtimes()),
        "ASAN_OPTIONS": options + ":allow_user_segv_handler=1:use_sigaltstack=0:detect_leaks=0:detect_odr_violation=0",
        "TSAN_OPTIONS": options + ":report_signal_unsafe=0",
        "UBSAN_OPTIONS": f"log_path={log_path}:print_stacktrace=1",
    }
