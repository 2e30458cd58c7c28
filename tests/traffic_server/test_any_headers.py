# SPDX-License-Identifier: Apache-2.0
"""Whatever headers a request or a response has, a module sees them as they are, and what it writes arrives."""

from urllib.parse import quote, unquote_to_bytes

from hypothesis import HealthCheck, given, settings, strategies as st

from harness.scripted import Seen, notes, unique_path

# Not x-…: Traffic Server keeps some of those to itself.
NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789!#$&'*+-.^_`|~", min_size=1, max_size=20)
VALUES = st.text([chr(byte) for byte in range(0x20, 0x100) if byte != 0x7f], max_size=60).map(str.strip)
PAIRS = st.lists(st.tuples(NAMES.map("y-".__add__), VALUES), max_size=10)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def lower(pairs):
    return [(name.lower(), value) for name, value in pairs]


def by_name(pairs):
    """Values by name: a server may put those of one name together."""
    values = {}
    for name, value in lower(pairs):
        values.setdefault(name, []).append(value)
    return values


def noted(response):
    """The pairs of the notes of `all`, as sent."""
    pairs = []
    for text in notes(response):
        name, _, value = text.partition("=")
        pairs.append((name, unquote_to_bytes(value).decode("latin-1")))
    return [pair for pair in pairs if pair[0].startswith("y-")]


def escaped(text):
    return quote(text.encode("latin-1"), safe="")


@QUICK
@given(PAIRS)
def test_module_sees_the_request_headers_that_were_sent(scripted, pairs):
    response = scripted.ask(headers=pairs, request="all request")
    assert by_name(noted(response)) == by_name(pairs)


@QUICK
@given(PAIRS)
def test_module_sees_the_response_headers_that_were_sent(scripted, pairs):
    query = "&".join("header=" + quote(f"{name}:{value}".encode("latin-1")) for name, value in pairs)
    response = scripted.ask(f"{unique_path()}?{query}", response="all response")
    assert by_name(noted(response)) == by_name(pairs)


@QUICK
@given(PAIRS)
def test_headers_that_a_module_adds_arrive_on_both_sides(scripted, pairs):
    # An empty word cannot be written in a script.
    pairs = [(name, value) for name, value in pairs if value]
    request = ";".join(f"add request {escaped(name)} {escaped(value)}" for name, value in pairs)
    response = scripted.ask(request=request, response=request.replace("request", "response"))
    ours = {name.lower() for name, _ in pairs}
    assert by_name(pair for pair in Seen(response).headers if pair[0].lower() in ours) == by_name(pairs)
    assert by_name(pair for pair in response.headers if pair[0].lower() in ours) == by_name(pairs)
