/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "cli/http_text.h"

static struct pw_http_message message;
static struct pw_error        error;

static int
clear(void **state)
{
  (void)state;
  pw_http_message_clear(&message);
  return 0;
}

static bool
read_as(enum pw_http_kind kind, struct pw_view text, bool lower_case)
{
  struct pw_http_text_options options = {.kind = kind, .file = "f", .lower_case = lower_case};
  return pw_http_text_read(text, &options, &message, &error);
}

#define read_request(text)  read_as(PW_HTTP_REQUEST, LITERAL(text), false)
#define read_response(text) read_as(PW_HTTP_RESPONSE, LITERAL(text), false)

/* The header fields as "name=value;". */
static const char *
headers(void)
{
  static char all[1024];
  size_t      used = 0;
  all[0]           = '\0';
  for (size_t i = 0; i < message.headers.count; i++) {
    used += (size_t)snprintf(all + used, sizeof(all) - used, "%s=%s;", message.headers.items[i].name.data,
                             message.headers.items[i].value.data);
  }
  return all;
}

static void
a_request_gets_pseudo_headers(void **state)
{
  (void)state;
  assert_true(read_request("GET /a?b HTTP/1.1\r\nHost: h.test:80\r\nX-One: 1\r\n\r\n"));
  assert_string_equal(headers(), ":method=GET;:scheme=http;:authority=h.test:80;:path=/a?b;X-One=1;");
  assert_string_equal(message.version, "HTTP/1.1");
  assert_int_equal(message.body.size, 0);
}

static void
an_absolute_target_goes_before_host(void **state)
{
  (void)state;
  assert_true(read_request("GET https://a.test/x HTTP/1.1\nHost: b.test\n\n"));
  assert_string_equal(headers(), ":method=GET;:scheme=https;:authority=a.test;:path=/x;");
  pw_http_message_clear(&message);
  assert_true(read_request("GET http://a.test HTTP/1.0\n"));
  assert_string_equal(headers(), ":method=GET;:scheme=http;:authority=a.test;:path=/;");
}

static void
host_stays_beside_the_authority_when_asked(void **state)
{
  (void)state;
  struct pw_http_text_options options = {.kind = PW_HTTP_REQUEST, .file = "f", .keep_host = true};
  struct pw_view              text    = LITERAL("GET http://a.test/ HTTP/1.1\nA: 1\nHost: b.test\nHost: c.test\n");
  assert_true(pw_http_text_read(text, &options, &message, &error));
  assert_string_equal(headers(), ":method=GET;:scheme=http;:authority=a.test;:path=/;A=1;Host=a.test;");
}

static void
connect_has_an_authority_and_no_path(void **state)
{
  (void)state;
  assert_true(read_request("CONNECT a.test:443 HTTP/1.1\r\n\r\n"));
  assert_string_equal(headers(), ":method=CONNECT;:scheme=http;:authority=a.test:443;");
}

static void
the_empty_line_may_be_missing(void **state)
{
  (void)state;
  assert_true(read_request("GET / HTTP/1.1\r\nA: 1"));
  assert_string_equal(headers(), ":method=GET;:scheme=http;:path=/;A=1;");
}

static void
names_become_lower_case_when_asked(void **state)
{
  (void)state;
  assert_true(read_as(PW_HTTP_RESPONSE, LITERAL("HTTP/1.1 200 OK\nX-One: Two\n"), true));
  assert_string_equal(headers(), ":status=200;x-one=Two;");
}

static void
a_response_may_have_no_reason(void **state)
{
  (void)state;
  assert_true(read_response("HTTP/1.1 404\r\n\r\n"));
  assert_string_equal(headers(), ":status=404;");
}

static void
a_body_without_length_is_all_the_rest(void **state)
{
  (void)state;
  assert_true(read_response("HTTP/1.1 200 OK\n\na\0b\xff\n\n"));
  assert_view_equal(pw_bytes_view(&message.body), "a\0b\xff\n\n");
}

static void
a_body_of_known_length_ends_there(void **state)
{
  (void)state;
  assert_true(read_response("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc\n"));
  assert_view_equal(pw_bytes_view(&message.body), "abc");
}

static void
chunks_are_put_together_and_trailers_kept(void **state)
{
  (void)state;
  assert_true(read_request("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "4\r\nab\nc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\nU: 2\r\n\r\n"));
  assert_view_equal(pw_bytes_view(&message.body), "ab\ncde");
  assert_int_equal(message.trailers.count, 2);
  assert_view_equal(pw_fields_value(&message.trailers, "u"), "2");
}

/** A text that is wrong, and what is said about it. */
struct mistake {
  enum pw_http_kind kind;
  const char       *text;
  const char       *said;
};

static const struct mistake mistakes[] = {
  {PW_HTTP_REQUEST, "", "f:1: there is no HTTP message"},
  {PW_HTTP_REQUEST, "GET\n\n", "f:1: a request begins with METHOD TARGET"},
  {PW_HTTP_REQUEST, "G(T / HTTP/1.1\n\n", "f:1: a request begins with METHOD TARGET HTTP/1.1; the method 'G(T'"},
  {PW_HTTP_REQUEST, "GET / HTTP/x\n\n", "f:1: a request begins"},
  {PW_HTTP_REQUEST, "GET / HTTP/1.1 more\n\n", "f:1: a request begins"},
  {PW_HTTP_REQUEST, "GET / HTTP/1.1\nA: 1\nno colon\n\n", "f:3: a field is 'Name: value': there is no ':'"},
  {PW_HTTP_REQUEST, "GET / HTTP/1.1\nA: 1\n folded\n\n", "f:3: a field must not go on in the next line"},
  {PW_HTTP_REQUEST, "GET / HTTP/1.1\nA : 1\n\n", "f:2: a field is 'Name: value': no blank"},
  {PW_HTTP_REQUEST, "GET / HTTP/1.1\nA\x01: 1\n\n", "f:2: a field is 'Name: value': the name"},
  {PW_HTTP_REQUEST, "GET / HTTP/1.1\nA: 1\r2\n\n", "f:2: a field is 'Name: value': the value has a CR"},
  {PW_HTTP_REQUEST, "GET / HTTP/1.1\n:path: /x\n\n", "f:2: a field is 'Name: value': a name does not begin"},
  {PW_HTTP_RESPONSE, "200 OK\n\n", "f:1: a response begins with HTTP/1.1 STATUS"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 2000\n\n", "f:1: the status '2000'"},
  {PW_HTTP_RESPONSE, "HTTP/1.1\n\n", "f:1: the status ''"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nContent-Length: x\n\nabc", "f:3: Content-Length 'x' is no number"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nContent-Length: 99999999999999999999\n\nabc", "f:3: Content-Length"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nContent-Length: 5\n\nabc", "f:4: the body has 3 bytes, Content-Length says 5"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nContent-Length: 2\n\nabc", "f:4: the body has 3 bytes, Content-Length says only 2"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nTransfer-Encoding: chunked\n\nzz\n", "f:4: 'zz' is no hexadecimal"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nTransfer-Encoding: chunked\n\n5\nab\n",
   "f:4: the chunk has 3 bytes, its size says 5"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nTransfer-Encoding: chunked\n\n2\nabc\n", "f:5: a line end has to follow"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nTransfer-Encoding: chunked\n\n2\nab\n", "f:5: the chunked body ends without"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nTransfer-Encoding: chunked\n\nffffffffffffffffff\nab\n", "f:4: 'ffff"},
  {PW_HTTP_RESPONSE, "HTTP/1.1 200\nTransfer-Encoding: chunked\n\n0\nT 1\n\n", "f:5: a field is"},
};

static void
mistakes_are_told_with_their_line(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
    error.message[0] = '\0';
    assert_false(read_as(mistakes[i].kind, pw_view_of(mistakes[i].text), false));
    assert_int_equal(error.code, PW_ERROR_CONFIGURATION);
    assert_contains(error.message, mistakes[i].said);
    assert_int_equal(message.headers.count, 0);
  }
}

static void
every_cut_of_a_message_is_read_or_refused(void **state)
{
  (void)state;
  static const char whole[] =
    "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n";
  for (size_t size = 0; size < sizeof(whole); size++) {
    /* A copy of just that size, so that a read beyond it is seen. */
    char *cut = malloc(size + 1);
    memcpy(cut, whole, size);
    read_as(PW_HTTP_REQUEST, pw_view_make(cut, size), true);
    pw_http_message_clear(&message);
    free(cut);
  }
}

static void
lack_of_memory_is_told(void **state)
{
  (void)state;
  struct pw_view text = LITERAL("POST / HTTP/1.1\nHost: h\nA: 1\n\nbody");
  bool           done;
  for (unsigned n = 1; fail_alloc_at(n), done = read_as(PW_HTTP_REQUEST, text, true), fail_alloc_stop(); n++) {
    /* Bytes that cannot be doubled may still grow by what is needed. */
    assert_true(done || (error.code == PW_ERROR_MEMORY && message.headers.count == 0));
    pw_http_message_clear(&message);
  }
  assert_true(done);
}

static void
a_field_of_the_command_line_may_be_a_pseudo_header(void **state)
{
  (void)state;
  struct pw_view name;
  struct pw_view value;
  assert_null(pw_http_field_read(pw_view_of(":path:  /x:y "), &name, &value));
  assert_view_equal(name, ":path");
  assert_view_equal(value, "/x:y");
  assert_non_null(pw_http_field_read(pw_view_of(":path"), &name, &value));
  assert_non_null(pw_http_field_read(pw_view_of(""), &name, &value));
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(a_request_gets_pseudo_headers, clear),
    cmocka_unit_test_teardown(an_absolute_target_goes_before_host, clear),
    cmocka_unit_test_teardown(host_stays_beside_the_authority_when_asked, clear),
    cmocka_unit_test_teardown(connect_has_an_authority_and_no_path, clear),
    cmocka_unit_test_teardown(the_empty_line_may_be_missing, clear),
    cmocka_unit_test_teardown(names_become_lower_case_when_asked, clear),
    cmocka_unit_test_teardown(a_response_may_have_no_reason, clear),
    cmocka_unit_test_teardown(a_body_without_length_is_all_the_rest, clear),
    cmocka_unit_test_teardown(a_body_of_known_length_ends_there, clear),
    cmocka_unit_test_teardown(chunks_are_put_together_and_trailers_kept, clear),
    cmocka_unit_test_teardown(mistakes_are_told_with_their_line, clear),
    cmocka_unit_test_teardown(every_cut_of_a_message_is_read_or_refused, clear),
    cmocka_unit_test_teardown(lack_of_memory_is_told, clear),
    cmocka_unit_test_teardown(a_field_of_the_command_line_may_be_a_pseudo_header, clear),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
