/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/call/http_call_answer.h"

#include "host/pairs.h"

#include <stdio.h>

static const char broken_head[] = "the answer is no HTTP";
static const char long_head[]   = "the answer's headers are too long";
static const char ended_early[] = "the answer ended early";
static const char too_large[]   = "the answer is larger than limits.body";
static const char switched[]    = "the answer changes the protocol";
static const char no_memory[]   = "out of memory";

static void
header_new(struct pw_answer *answer)
{
  answer->header = TSHttpHdrCreate(answer->buffer);
  TSHttpHdrTypeSet(answer->buffer, answer->header, TS_HTTP_TYPE_RESPONSE);
}

static void
header_delete(struct pw_answer *answer)
{
  TSHttpHdrDestroy(answer->buffer, answer->header);
  TSHandleMLocRelease(answer->buffer, TS_NULL_MLOC, answer->header);
}

void
pw_answer_begin(struct pw_answer *answer, bool to_head, uint64_t most)
{
  memset(answer, 0, sizeof(*answer));
  answer->to_head = to_head;
  answer->most    = most;
  answer->parser  = TSHttpParserCreate();
  answer->buffer  = TSMBufferCreate();
  header_new(answer);
}

/* The value of a field, the first one; empty when there is none. It lives as long as the header. */
static struct pw_view
field_value(const struct pw_answer *answer, const char *name, int name_size)
{
  TSMLoc      field = TSMimeHdrFieldFind(answer->buffer, answer->header, name, name_size);
  int         size  = 0;
  const char *value = NULL;
  if (field != TS_NULL_MLOC) {
    value = TSMimeHdrFieldValueStringGet(answer->buffer, answer->header, field, -1, &size);
    TSHandleMLocRelease(answer->buffer, answer->header, field);
  }
  return pw_view_make(value, value ? (size_t)size : 0);
}

static const char *
length_begin(struct pw_answer *answer, struct pw_view length)
{
  for (size_t i = 0; i < length.size; i++) {
    if (length.data[i] < '0' || length.data[i] > '9') {
      return broken_head;
    }
    answer->left = answer->left * 10 + (uint64_t)(length.data[i] - '0');
    if (answer->left > answer->most) {
      return too_large;
    }
  }
  answer->state = answer->left > 0 ? PW_ANSWER_LENGTH : PW_ANSWER_DONE;
  return NULL;
}

/* How the body ends (RFC 9112, 6.3). */
static const char *
body_begin(struct pw_answer *answer, int status)
{
  static const char chunked[]  = "chunked";
  struct pw_view    coding     = field_value(answer, TS_MIME_FIELD_TRANSFER_ENCODING, TS_MIME_LEN_TRANSFER_ENCODING);
  struct pw_view    length     = field_value(answer, TS_MIME_FIELD_CONTENT_LENGTH, TS_MIME_LEN_CONTENT_LENGTH);
  size_t            size       = sizeof(chunked) - 1;
  bool              is_chunked = coding.size >= size &&
                    pw_field_name_equal(pw_view_make(coding.data + coding.size - size, size), pw_view_of(chunked));
  if (answer->to_head || status == TS_HTTP_STATUS_NO_CONTENT || status == TS_HTTP_STATUS_NOT_MODIFIED) {
    answer->state = PW_ANSWER_DONE;
  } else if (is_chunked) {
    answer->state = PW_ANSWER_CHUNKS;
  } else if (length.size > 0) {
    return length_begin(answer, length);
  } else {
    answer->state = PW_ANSWER_CLOSE;
  }
  return NULL;
}

static const char *
head_ended(struct pw_answer *answer)
{
  int status = (int)TSHttpHdrStatusGet(answer->buffer, answer->header);
  if (status == TS_HTTP_STATUS_SWITCHING_PROTOCOL) {
    return switched;
  }
  if (status >= 100 && status < 200) {
    /* An interim answer: the real one follows. */
    header_delete(answer);
    header_new(answer);
    TSHttpParserClear(answer->parser);
    return NULL;
  }
  return status >= 200 && status <= 999 ? body_begin(answer, status) : broken_head;
}

static const char *
head_take(struct pw_answer *answer, struct pw_view *piece)
{
  const char   *at     = piece->data;
  TSParseResult result = TSHttpHdrParseResp(answer->parser, answer->buffer, answer->header, &at, at + piece->size);
  size_t        taken  = (size_t)(at - piece->data);

  *piece = pw_view_make(at, piece->size - taken);
  answer->head_bytes += taken;
  if (result == TS_PARSE_ERROR) {
    return broken_head;
  }
  if (answer->head_bytes > PW_ANSWER_HEAD_BYTES) {
    return long_head;
  }
  if (result == TS_PARSE_DONE) {
    return head_ended(answer);
  }
  piece->size = 0;
  return NULL;
}

static const char *
bytes_take(struct pw_answer *answer, struct pw_view *piece)
{
  size_t size = piece->size;
  if (answer->state == PW_ANSWER_LENGTH && size > answer->left) {
    size = (size_t)answer->left;
  }
  if (size > answer->most - answer->body.size) {
    return too_large;
  }
  if (!pw_bytes_append(&answer->body, piece->data, size)) {
    return no_memory;
  }
  *piece = pw_view_make(piece->data + size, piece->size - size);
  if (answer->state == PW_ANSWER_LENGTH) {
    answer->left -= size;
    answer->state = answer->left > 0 ? PW_ANSWER_LENGTH : PW_ANSWER_DONE;
  }
  return NULL;
}

const char *
pw_answer_take(struct pw_answer *answer, struct pw_view piece)
{
  const char *problem = NULL;
  while (!problem && piece.size > 0 && answer->state != PW_ANSWER_DONE) {
    if (answer->state == PW_ANSWER_HEAD) {
      problem = head_take(answer, &piece);
    } else if (answer->state == PW_ANSWER_CHUNKS) {
      problem = pw_chunks_take(&answer->chunks, &piece, &answer->body, answer->most);
      if (answer->chunks.state == PW_CHUNKS_DONE) {
        answer->state = PW_ANSWER_DONE;
      }
    } else {
      problem = bytes_take(answer, &piece);
    }
  }
  return problem;
}

size_t
pw_answer_bytes(const struct pw_answer *answer)
{
  return answer->head_bytes + answer->body.size + answer->chunks.trailers.size;
}

const char *
pw_answer_end(struct pw_answer *answer)
{
  if (answer->state == PW_ANSWER_CLOSE) {
    answer->state = PW_ANSWER_DONE;
  }
  return answer->state == PW_ANSWER_DONE ? NULL : ended_early;
}

/* Fields about the connection between the server and us, or the framing, which is off. */
static bool
is_of_connection(struct pw_view name)
{
  static const char *const names[] = {"connection", "keep-alive", "proxy-connection", "transfer-encoding"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (pw_field_name_equal(name, pw_view_of(names[i]))) {
      return true;
    }
  }
  return false;
}

static bool
field_add(struct pw_answer *answer, TSMLoc field)
{
  int            name_size = 0, value_size = 0;
  const char    *name  = TSMimeHdrFieldNameGet(answer->buffer, answer->header, field, &name_size);
  const char    *value = TSMimeHdrFieldValueStringGet(answer->buffer, answer->header, field, -1, &value_size);
  struct pw_view key   = pw_view_make(name, name ? (size_t)name_size : 0);
  return is_of_connection(key) ||
         pw_pairs_add(&answer->headers, key, pw_view_make(value, value ? (size_t)value_size : 0));
}

bool
pw_answer_finish(struct pw_answer *answer)
{
  int  count = TSMimeHdrFieldsCount(answer->buffer, answer->header);
  bool added = true;
  snprintf(answer->status, sizeof(answer->status), "%d", (int)TSHttpHdrStatusGet(answer->buffer, answer->header));
  added = pw_pairs_add(&answer->headers, pw_view_of(":status"), pw_view_of(answer->status));
  for (int i = 0; added && i < count; i++) {
    TSMLoc field = TSMimeHdrFieldGet(answer->buffer, answer->header, i);
    added        = field_add(answer, field);
    TSHandleMLocRelease(answer->buffer, answer->header, field);
  }
  return added && pw_chunks_trailers(&answer->chunks, &answer->trailers);
}

void
pw_answer_clear(struct pw_answer *answer)
{
  pw_pairs_clear(&answer->headers);
  pw_pairs_clear(&answer->trailers);
  pw_bytes_clear(&answer->body);
  pw_chunks_clear(&answer->chunks);
  header_delete(answer);
  TSMBufferDestroy(answer->buffer);
  TSHttpParserDestroy(answer->parser);
}
