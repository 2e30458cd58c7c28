# SPDX-License-Identifier: Apache-2.0
"""The example modules that look at bodies and change them."""

import pytest

from harness.configuration import configuration, patient, remap_plugin
from harness.http1 import format_request
from harness.scripted import Seen, unique_path
from harness.server import remap_rule

REWRITERS = {"c": "examples/c/rewrite", "rust": "examples/rust/rewrite"}


@pytest.fixture(scope="module")
def examples(start_shared_server, origin):
    files = {f"rewrite-{language}.yaml": configuration(module, name=f"rewrite-{language}", configuration="secret=***",
                                                       limits=patient(body="1MiB"))
             for language, module in REWRITERS.items()}
    files["transform.yaml"] = configuration("examples/c/transform", name="transform")
    return start_shared_server(files=files, remap=[
        remap_rule(f"{name.removesuffix('.yaml')}.test", origin.port, remap_plugin(name)) for name in files])


@pytest.mark.parametrize("language", REWRITERS)
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("body, rewritten", [("a secret", "a ***"), ("secret", "***"), ("secre", "secre"),
                                             ("sesecretsecret, secre", "se******, secre"), ("", "")])
def test_response_is_rewritten(examples, language, framing, body, rewritten):
    response = examples.get(f"{unique_path()}?body={body.replace(' ', '+')}&framing={framing}",
                            f"rewrite-{language}.test")
    assert (response.status, response.text) == (200, rewritten)


@pytest.mark.parametrize("language", REWRITERS)
def test_large_response_is_rewritten_whole(examples, language, origin):
    # The origin's body of a size is 0123456789abcdef again and again.
    response = examples.get(f"{unique_path()}?size=5000000", f"rewrite-{language}.test")
    assert response.status == 200
    assert response.body == (b"0123456789abcdef" * 312500)[:5000000]


@pytest.mark.parametrize("language", REWRITERS)
@pytest.mark.parametrize("body, rewritten", [(b"a secret", b"a ***"), (b"secret" * 1000, b"***" * 1000),
                                             (b"x" * 100000 + b"secret", b"x" * 100000 + b"***"), (b"", b"")])
def test_request_is_rewritten(examples, language, body, rewritten):
    response = examples.request("POST", unique_path(), f"rewrite-{language}.test", body=body)
    assert response.status == 200
    assert Seen(response).body == rewritten


@pytest.mark.parametrize("language", REWRITERS)
def test_chunked_request_is_rewritten_across_its_chunks(examples, language):
    with examples.connect() as connection:
        connection.send(format_request("POST", unique_path(), [("Host", f"rewrite-{language}.test"),
                                                               ("Transfer-Encoding", "chunked")]))
        for piece in (b"one sec", b"ret, two s", b"ecrets"):
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")
        response = connection.read_response()
    assert response.status == 200
    assert Seen(response).body == b"one ***, two ***s"


@pytest.mark.parametrize("language", REWRITERS)
def test_request_that_is_larger_than_may_be_held_gets_413(examples, language):
    response = examples.request("POST", unique_path(), f"rewrite-{language}.test", body=b"x" * (2 << 20))
    assert response.status == 413


def test_transform_logs_the_body(examples):
    response = examples.get(unique_path() + "?body=what+the+log+shows", "transform.test")
    assert response.text == "what the log shows"
    examples.wait_for_log("onBody what the log shows", "wasm.log")
