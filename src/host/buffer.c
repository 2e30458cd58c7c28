/* SPDX-License-Identifier: Apache-2.0 */
#include "host/buffer.h"

struct pw_view
pw_buffer_view(const struct pw_buffer *buffer)
{
  return buffer->borrowed ? buffer->view : pw_bytes_view(&buffer->bytes);
}

bool
pw_buffer_is_borrowed(const struct pw_buffer *buffer)
{
  return buffer->borrowed;
}

void
pw_buffer_set_view(struct pw_buffer *buffer, struct pw_view view)
{
  buffer->bytes.size = 0;
  buffer->view       = view;
  buffer->borrowed   = view.size > 0;
}

/** As pw_buffer_own, with room for `capacity` bytes in all, so that what comes next needs no second copy. */
static bool
own_with_room(struct pw_buffer *buffer, size_t capacity)
{
  if (!buffer->borrowed) {
    return true;
  }
  if (!pw_bytes_reserve(&buffer->bytes, capacity) ||
      !pw_bytes_append(&buffer->bytes, buffer->view.data, buffer->view.size)) {
    return false;
  }
  buffer->borrowed = false;
  return true;
}

bool
pw_buffer_own(struct pw_buffer *buffer)
{
  return own_with_room(buffer, buffer->view.size);
}

enum pw_status
pw_buffer_append(struct pw_buffer *buffer, struct pw_view piece, size_t limit)
{
  return pw_buffer_replace(buffer, SIZE_MAX, 0, piece, limit);
}

enum pw_status
pw_buffer_replace(struct pw_buffer *buffer, size_t start, size_t size, struct pw_view value, size_t limit)
{
  size_t old_size = pw_buffer_view(buffer).size;
  start           = start < old_size ? start : old_size;
  size            = size < old_size - start ? size : old_size - start;
  size_t kept     = old_size - size;
  if (value.size > limit || kept > limit - value.size) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  if (size == 0 && value.size == 0) {
    return PW_STATUS_OK;
  }
  size_t new_size = kept + value.size;
  if (!own_with_room(buffer, new_size > old_size ? new_size : old_size)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  struct pw_bytes *bytes = &buffer->bytes;
  if (start == old_size) {
    return pw_bytes_append(bytes, value.data, value.size) ? PW_STATUS_OK : PW_STATUS_INTERNAL_FAILURE;
  }
  if (!pw_bytes_reserve(bytes, new_size)) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  memmove(bytes->data + start + value.size, bytes->data + start + size, old_size - start - size);
  if (value.size) {
    memcpy(bytes->data + start, value.data, value.size);
  }
  bytes->size = new_size;
  return PW_STATUS_OK;
}

enum pw_status
pw_buffer_part(struct pw_view bytes, uint32_t start, uint32_t max_size, struct pw_view *part)
{
  if (start > bytes.size) {
    *part = pw_view_make(NULL, 0);
    return max_size > UINT32_MAX - start ? PW_STATUS_BAD_ARGUMENT : PW_STATUS_OK;
  }
  size_t left = bytes.size - start;
  size_t size = max_size < left ? max_size : left;
  *part       = size ? pw_view_make(bytes.data + start, size) : pw_view_make(NULL, 0);
  return PW_STATUS_OK;
}

bool
pw_buffer_take(struct pw_buffer *buffer, struct pw_bytes *out)
{
  if (!pw_buffer_own(buffer)) {
    return false;
  }
  pw_bytes_clear(out);
  *out = buffer->bytes;
  memset(buffer, 0, sizeof(*buffer));
  return true;
}

void
pw_buffer_clear(struct pw_buffer *buffer)
{
  pw_buffer_set_view(buffer, pw_view_make(NULL, 0));
}
