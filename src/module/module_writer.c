/* SPDX-License-Identifier: Apache-2.0 */
#include "module/module_writer.h"

void
pw_writer_clear(struct pw_writer *writer)
{
  pw_bytes_clear(&writer->bytes);
  writer->failed = false;
}

void
pw_write_bytes(struct pw_writer *to, const void *bytes, size_t size)
{
  if (!to->failed && size > 0) {
    to->failed = !pw_bytes_append(&to->bytes, bytes, size);
  }
}

void
pw_write_byte(struct pw_writer *to, uint8_t byte)
{
  pw_write_bytes(to, &byte, 1);
}

void
pw_write_number(struct pw_writer *to, uint32_t number)
{
  while (number > 0x7f) {
    pw_write_byte(to, (uint8_t)(number | 0x80));
    number >>= 7;
  }
  pw_write_byte(to, (uint8_t)number);
}

void
pw_write_signed(struct pw_writer *to, int64_t number)
{
  while (number < -0x40 || number > 0x3f) {
    pw_write_byte(to, (uint8_t)((number & 0x7f) | 0x80));
    number >>= 7;
  }
  pw_write_byte(to, (uint8_t)(number & 0x7f));
}

void
pw_write_instruction(struct pw_writer *to, uint8_t opcode, uint32_t number)
{
  pw_write_byte(to, opcode);
  pw_write_number(to, number);
}

void
pw_write_constant(struct pw_writer *to, int32_t number)
{
  pw_write_byte(to, 0x41);
  pw_write_signed(to, number);
}

void
pw_write_sized(struct pw_writer *to, const struct pw_writer *content)
{
  to->failed = to->failed || content->failed;
  pw_write_number(to, (uint32_t)content->bytes.size);
  pw_write_bytes(to, content->bytes.data, content->bytes.size);
}

void
pw_write_longer(struct pw_writer *to, struct pw_view there, uint32_t count, struct pw_writer *added)
{
  uint32_t before = 0;
  size_t   at     = 0;

  /* What is there is valid. */
  for (unsigned shift = 0; at < there.size; shift += 7) {
    uint8_t byte = (uint8_t)there.data[at++];

    before |= (uint32_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) {
      break;
    }
  }
  to->failed = to->failed || added->failed;
  pw_write_number(to, before + count);
  if (at < there.size) {
    pw_write_bytes(to, there.data + at, there.size - at);
  }
  pw_write_bytes(to, added->bytes.data, added->bytes.size);
  pw_writer_clear(added);
}
