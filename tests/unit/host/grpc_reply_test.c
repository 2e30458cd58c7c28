/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "host/grpc_reply.h"
#include "host/pairs.h"

static void
content_types_of_grpc_are_known(void **state)
{
  static const char *const types[]  = {"application/grpc", "application/grpc+proto", "Application/GRPC+json",
                                       "application/grpc;charset=utf-8", "application/grpc ; x"};
  static const char *const others[] = {
    "",           "application/grp",  "application/grpc-web", "application/grpc-web+proto", "application/grpcx",
    "text/plain", "xapplication/grpc"};
  (void)state;
  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    assert_true(pw_grpc_is_content_type(pw_view_of(types[i])));
  }
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    assert_false(pw_grpc_is_content_type(pw_view_of(others[i])));
  }
}

static struct pw_view
field(const struct pw_grpc_reply *grpc, const char *name)
{
  struct pw_view found = {NULL, 0};
  for (size_t i = 0; i < grpc->headers.count; i++) {
    if (pw_view_equal(grpc->headers.items[i].key, pw_view_of(name))) {
      assert_null(found.data);
      found = grpc->headers.items[i].value;
    }
  }
  return found;
}

static void
expect(const struct pw_grpc_reply *grpc, const char *name, const char *value)
{
  struct pw_view found = field(grpc, name);
  assert_true(pw_view_equal(found, pw_view_of(value)));
}

static void
a_reply_says_its_status_and_its_text_in_fields(void **state)
{
  struct pw_pairs       headers = {NULL, 0, 0};
  struct pw_local_reply reply   = {.status = 403, .body = LITERAL("no \"50%\"\n\xc3\xa4\x7f~"), .headers = &headers};
  struct pw_grpc_reply  grpc;
  (void)state;
  reply.grpc_status = 16;
  assert_true(pw_pairs_add(&headers, pw_view_of("x-a"), pw_view_of("1")));
  assert_true(pw_pairs_add(&headers, pw_view_of("Content-Type"), pw_view_of("text/html")));
  assert_true(pw_pairs_add(&headers, pw_view_of("GRPC-Status"), pw_view_of("0")));
  assert_true(pw_pairs_add(&headers, pw_view_of("grpc-message"), pw_view_of("fine")));
  assert_true(pw_grpc_reply_make(&grpc, &reply));
  assert_int_equal(grpc.reply.status, 200);
  assert_int_equal(grpc.reply.body.size, 0);
  assert_ptr_equal(grpc.reply.headers, &grpc.headers);
  assert_int_equal(grpc.headers.count, 4);
  expect(&grpc, "x-a", "1");
  expect(&grpc, "content-type", "application/grpc");
  expect(&grpc, "grpc-status", "16");
  expect(&grpc, "grpc-message", "no \"50%25\"%0A%C3%A4%7F~");
  pw_grpc_reply_clear(&grpc);
  pw_pairs_clear(&headers);
}

static void
without_a_status_of_grpc_it_is_what_that_of_http_means(void **state)
{
  static const struct {
    uint32_t    http;
    const char *grpc;
  } statuses[]         = {{400, "13"}, {401, "16"}, {403, "7"}, {404, "12"}, {429, "14"}, {502, "14"},
                          {503, "14"}, {504, "14"}, {200, "2"}, {418, "2"},  {500, "2"},  {599, "2"}};
  struct pw_pairs none = {NULL, 0, 0};
  (void)state;
  for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
    struct pw_local_reply reply = {.status = statuses[i].http, .headers = &none, .grpc_status = -1};
    struct pw_grpc_reply  grpc;
    assert_true(pw_grpc_reply_make(&grpc, &reply));
    expect(&grpc, "grpc-status", statuses[i].grpc);
    assert_null(field(&grpc, "grpc-message").data);
    pw_grpc_reply_clear(&grpc);
  }
}

static void
a_long_text_is_cut(void **state)
{
  static char           text[5000];
  struct pw_pairs       none  = {NULL, 0, 0};
  struct pw_local_reply reply = {.status = 200, .headers = &none, .body = {text, sizeof(text)}, .grpc_status = 0};
  struct pw_grpc_reply  grpc;
  (void)state;
  assert_true(pw_grpc_reply_make(&grpc, &reply));
  expect(&grpc, "grpc-status", "0");
  assert_int_equal(field(&grpc, "grpc-message").size, (size_t)3 * 4096);
  pw_grpc_reply_clear(&grpc);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(content_types_of_grpc_are_known),
    cmocka_unit_test(a_reply_says_its_status_and_its_text_in_fields),
    cmocka_unit_test(without_a_status_of_grpc_it_is_what_that_of_http_means),
    cmocka_unit_test(a_long_text_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
