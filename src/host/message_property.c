/* SPDX-License-Identifier: Apache-2.0 */
#include "host/message_property.h"

#include <stdio.h>

#include "host/field.h"
#include "host/hostcall_table.h"

struct part;

/* What a part is set to: `rest` is what follows its own path. */
struct change {
  struct pw_vm      *vm;
  struct pw_stream  *stream;
  const struct part *part;
  struct pw_view     rest;
  struct pw_view     value;
};

/* NOT_FOUND: it is no part of the message after all. */
typedef enum pw_status (*setter)(const struct change *change);

struct part {
  struct pw_view   path;
  enum pw_map_type map;
  setter           set;
  const char      *field;
};

static enum pw_status
replace(const struct change *change, struct pw_view name, struct pw_view value)
{
  enum pw_status status;

  if (!pw_field_valid(name, value)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  status = change->vm->host->proxy->map_replace(change->stream->data, change->part->map, name, value);
  return status == PW_STATUS_NOT_FOUND ? PW_STATUS_BAD_ARGUMENT : status;
}

static enum pw_status
set_pseudo_header(const struct change *change)
{
  return change->rest.data == NULL ? replace(change, pw_view_of(change->part->field), change->value)
                                   : PW_STATUS_NOT_FOUND;
}

/* An empty value takes the field away, as the existing plugin for Traffic Server has it. */
static enum pw_status
set_field(const struct change *change)
{
  const struct pw_proxy_ops *proxy = change->vm->host->proxy;

  if (change->rest.size == 0) {
    return PW_STATUS_NOT_FOUND;
  }
  if (change->value.size > 0) {
    return replace(change, change->rest, change->value);
  }
  return pw_field_name_valid(change->rest) ? proxy->map_remove(change->stream->data, change->part->map, change->rest)
                                           : PW_STATUS_BAD_ARGUMENT;
}

static bool
join_path(struct pw_bytes *path, struct pw_view head, struct pw_view query)
{
  bool slash = head.size > 0 && head.data[0] == '/';

  path->size = 0;
  return pw_bytes_append(path, "/", slash ? 0 : 1) && pw_bytes_append(path, head.data, head.size) &&
         (query.size == 0 || (pw_bytes_append(path, "?", 1) && pw_bytes_append(path, query.data, query.size)));
}

/* One part of ":path", the other stays. */
static enum pw_status
set_path_part(const struct change *change, bool query)
{
  const struct pw_proxy_ops *proxy  = change->vm->host->proxy;
  struct pw_worker          *worker = change->vm->worker;
  struct pw_view             name   = pw_view_of(":path");
  struct pw_view             present;
  struct pw_view             head;
  struct pw_view             tail;
  const char                *mark;

  if (change->rest.data != NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  worker->more_pairs.count = 0;
  if (proxy->map_get(change->stream->data, change->part->map, name, &worker->more_pairs) != PW_STATUS_OK) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  present = worker->more_pairs.items[0].value;
  mark    = present.size > 0 ? memchr(present.data, '?', present.size) : NULL;
  head    = pw_view_make(present.data, mark != NULL ? (size_t)(mark - present.data) : present.size);
  tail    = mark != NULL ? pw_view_make(mark + 1, present.size - head.size - 1) : pw_view_make(NULL, 0);
  if (!join_path(&worker->bytes, query ? head : change->value, query ? change->value : tail)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  /* The value has been counted, and is so once more, with the part that stays. */
  return pw_map_change(change->vm, change->stream, change->part->map, name, worker->bytes.size, false) == PW_STATUS_OK
           ? replace(change, name, pw_bytes_view(&worker->bytes))
           : PW_STATUS_BAD_ARGUMENT;
}

static enum pw_status
set_url_path(const struct change *change)
{
  return set_path_part(change, false);
}

static enum pw_status
set_query(const struct change *change)
{
  return set_path_part(change, true);
}

/* The ABI's int, or 32 bits, as some SDKs have it. */
static enum pw_status
set_code(const struct change *change)
{
  char     text[4];
  uint64_t code = 0;

  if (change->rest.data != NULL) {
    return PW_STATUS_NOT_FOUND;
  }
  if (change->value.size != sizeof(uint64_t) && change->value.size != sizeof(uint32_t)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  memcpy(&code, change->value.data, change->value.size);
  if (code > 999) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  snprintf(text, sizeof(text), "%03u", (unsigned)code);
  return replace(change, pw_view_of(change->part->field), pw_view_make(text, 3));
}

/* No field: what the proxy did not set is no part of its messages. */
static enum pw_status
set_by_proxy_alone(const struct change *change)
{
  (void)change;
  return PW_STATUS_NOT_FOUND;
}

static const struct part parts[] = {
#define PART(path, map, set, field)                                                                                    \
  {                                                                                                                    \
    {path, sizeof(path) - 1}, PW_MAP_HTTP_##map##_HEADERS, set, field                                                  \
  }
  PART("request\0path", REQUEST, set_pseudo_header, ":path"),
  PART("request\0url_path", REQUEST, set_url_path, NULL),
  PART("request\0query", REQUEST, set_query, NULL),
  PART("request\0host", REQUEST, set_pseudo_header, ":authority"),
  PART("request\0scheme", REQUEST, set_pseudo_header, ":scheme"),
  PART("request\0method", REQUEST, set_pseudo_header, ":method"),
  PART("request\0headers", REQUEST, set_field, NULL),
  PART("response\0code", RESPONSE, set_code, ":status"),
  PART("response\0headers", RESPONSE, set_field, NULL),
  PART("response\0code_details", RESPONSE, set_by_proxy_alone, NULL),
#undef PART
};

/* Said of all parts, and of next to nothing else: modules set properties of their own again and again. */
static inline bool
may_be_part(struct pw_view path)
{
  return path.size > sizeof("request") && path.data[0] == 'r' && (path.data[7] == '\0' || path.data[8] == '\0');
}

/* `rest` is what follows the NUL after the part's path; its data are NULL where there is none. */
static const struct part *
find(struct pw_view path, struct pw_view *rest)
{
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    const struct pw_view *own = &parts[i].path;

    if (path.size >= own->size && memcmp(path.data, own->data, own->size) == 0 &&
        (path.size == own->size || path.data[own->size] == '\0')) {
      *rest = path.size == own->size ? pw_view_make(NULL, 0)
                                     : pw_view_make(path.data + own->size + 1, path.size - own->size - 1);
      return &parts[i];
    }
  }
  return NULL;
}

/* The field that a change will be to, as far as that is told before it is tried. */
static struct pw_view
field_of(const struct change *change, struct pw_view path)
{
  if (change->part->field != NULL) {
    return pw_view_of(change->part->field);
  }
  return change->rest.size > 0 ? change->rest : path;
}

static bool
may_change(const struct change *change, struct pw_view path)
{
  return pw_stream_map_open(change->stream, change->part->map) &&
         pw_map_change(change->vm, change->stream, change->part->map, field_of(change, path), change->value.size,
                       false) == PW_STATUS_OK;
}

enum pw_status
pw_message_property_set(struct pw_vm *vm, const struct pw_context *context, struct pw_view path, struct pw_view value)
{
  const struct pw_proxy_ops *proxy  = vm->host->proxy;
  struct change              change = {.vm = vm, .stream = context->stream, .value = value};
  enum pw_status             status = PW_STATUS_NOT_FOUND;

  change.part = context->stream != NULL && may_be_part(path) ? find(path, &change.rest) : NULL;
  if (change.part != NULL && !may_change(&change, path)) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (proxy->property_set != NULL) {
    status = proxy->property_set(vm->worker->data, pw_context_stream_data(context), path, value);
  }
  return status == PW_STATUS_NOT_FOUND && change.part != NULL ? change.part->set(&change) : status;
}
