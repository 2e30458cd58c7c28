/* SPDX-License-Identifier: Apache-2.0 */
/* The view of an instance's memory.
 *
 * A memory that has its whole size reserved grows where it is; should the reservation have failed it moves, and V8
 * detaches the buffer that was there. So the buffer tells, at little cost, whether there is something new to be seen.
 */
#include "isolate.h"

void
pw_v8_memory_look(struct pw_engine_instance *instance)
{
  v8::Isolate    *isolate = instance->home->isolate;
  v8::HandleScope handles(isolate);

  if (instance->memory_object.IsEmpty()) {
    return;
  }
  v8::Local<v8::ArrayBuffer> buffer = instance->memory_object.Get(isolate)->Buffer();

  instance->buffer.Reset(isolate, buffer);
  instance->memory.base = (uint8_t *)buffer->Data();
  instance->memory.size = buffer->ByteLength();
}

struct pw_memory *
pw_v8_memory(struct pw_engine_instance *instance)
{
  return instance->exports_memory ? &instance->memory : nullptr;
}

void
pw_v8_memory_refresh(struct pw_engine_instance *instance)
{
  if (instance->exports_memory) {
    pw_v8_entered entered(instance->home);

    pw_v8_memory_look_if_changed(instance);
  }
}
