# SPDX-License-Identifier: Apache-2.0
"""Fields of names that come again are copies of kept ones (src/traffic_server/fields/kept_field.h): none may see it."""

import random

import pytest

from harness.configuration import global_plugin, scripted as scripted_configuration
from harness.scripted import Scripted, Seen, unique_path
from harness.server import remap_rule

# A name takes the place of another one after 16 others, and when 256 were made all begins anew: so many are enough for
# that on one thread.
MANY = 6000
PER_REQUEST = 20


@pytest.fixture(scope="module")
def one_thread(start_shared_server, origin):
    server = start_shared_server(threads=1, plugins=[global_plugin("scripted.yaml")],
                                 files={"scripted.yaml": scripted_configuration()},
                                 remap=[remap_rule("a.test", origin.port)])
    return Scripted(server, "a.test")


def ask_with(scripted, fields):
    """What the origin sees of fields whose names begin with "k-"."""
    seen = Seen(scripted.ask(request=";".join(f"add request {name} {value}" for name, value in fields)))
    return [(name, value) for name, value in seen.headers if name.startswith("k-")]


def some_names(count, seed):
    """Names of all lengths around that of the longest that is kept, no two the same."""
    chooser = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGH"
    return [f"k-{number}-" + "".join(chooser.choices(letters, k=chooser.randrange(1, 60))) for number in range(count)]


def test_each_transaction_has_its_own_values(scripted):
    for number in range(40):
        value = f"v-{number}" * (number % 7 + 1)
        response = scripted.ask(request=f"add request x-kept {value}", response=f"add response x-kept {value}r")
        assert Seen(response).headers.all("x-kept") == [value]
        assert response.headers.all("x-kept") == [f"{value}r"]


def test_a_value_may_be_empty_after_another_one(scripted):
    for value in ("first", "", "%20", "", "last"):
        seen = Seen(scripted.ask(request=f"set request host=a.test x-kept-empty={value}"))
        assert [text.strip() for text in seen.headers.all("x-kept-empty")] == [value.replace("%20", "").strip()]


def test_more_names_than_can_be_kept_come_as_they_are(one_thread):
    names = some_names(MANY, 1)
    for at in range(0, MANY, PER_REQUEST):
        some = [(name, f"{number}") for number, name in enumerate(names[at:at + PER_REQUEST], at)]
        fields = [("k-often", f"{at}"), *some]
        assert ask_with(one_thread, fields) == fields


def test_some_names_again_and_again_come_as_they_are(one_thread):
    names = some_names(2 * PER_REQUEST, 2)
    for at in range(100):
        fields = [(name, f"{at}") for name in names[at % 2::2]]
        assert ask_with(one_thread, fields) == fields


def test_names_that_differ_in_case_stay_apart(scripted):
    for _ in range(20):
        for name in ("k-kept-case", "k-Kept-Case", "k-kept-casE"):
            assert ask_with(scripted, [(name, "1")]) == [(name, "1")]


def test_a_name_that_the_server_knows_means_to_it_what_it_means(scripted):
    path = unique_path() + "?cache=3600&size=100"
    assert len(scripted.ask(path).body) == 100
    for size in range(1, 5):
        response = scripted.ask(path, request=f"add request Range bytes=0-{size - 1}")
        assert (response.status, len(response.body)) == (206, size)


def test_values_of_one_name_are_one_after_the_other(scripted):
    for _ in range(3):
        seen = Seen(scripted.ask(headers=[("x-kept-two", "0")],
                                 request="add request x-kept-two 1;add request x-kept-two 2"))
        assert ",".join(seen.headers.all("x-kept-two")).replace(" ", "") == "0,1,2"
