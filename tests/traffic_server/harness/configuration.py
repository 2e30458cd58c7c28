# SPDX-License-Identifier: Apache-2.0
"""Configuration files of the plugin, and of Traffic Server as far as they name it."""

import os

import yaml

from . import build


# PW_TEST_ENGINE runs the same tests on another engine than the default.
ENGINE = os.environ.get("PW_TEST_ENGINE", "wasmtime")
INTERPRETERS = ("wamr", "wasmedge")


def configuration(module, name="test", configuration=None, root_id="", vm=None, **keys):
    """The YAML text of one plugin. `module` is a path, or a name as harness.build.module takes it; `vm` holds more
    keys of vm_config, `keys` more of config."""
    path = module if "/" in str(module) and str(module).endswith(".wasm") else build.module(module)
    config = {"name": name, "root_id": root_id, **keys,
              "vm_config": {"runtime": f"ats.wasm.runtime.{ENGINE}", "code": {"local": {"filename": str(path)}},
                            **(vm or {})}}
    if configuration is not None:
        config["configuration"] = configuration
    return yaml.safe_dump({"config": config}, sort_keys=False)


def scripted(name="do", lines=(), **keys):
    """The YAML text for the scripted module (modules/scripted.h): `lines` like "request: add request x-a 1". Every
    plugin of its own name has VMs of its own, unless `vm` says otherwise."""
    vm = {"vm_id": name, **keys.pop("vm", {})}
    return configuration("traffic_server/scripted", name=name, configuration="\n".join([f"name {name}", *lines]),
                         vm=vm, **keys)


def patient(**limits):
    """Limits of a module that is kept busy: an interpreter takes longer for it than a callback may."""
    return {"callback": "5s", **limits} if ENGINE in INTERPRETERS else limits


def global_plugin(*files):
    """A line of plugin.config."""
    return " ".join([str(build.artifact("wasm.so")), *files])


def remap_plugin(*files):
    """The end of a rule of remap.config."""
    return " ".join([f"@plugin={build.artifact('wasm.so')}", *(f"@pparam={file}" for file in files)])
