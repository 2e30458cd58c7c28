/* SPDX-License-Identifier: Apache-2.0 */
#include "host/guest.h"

char *
pw_guest_grown(struct pw_vm *vm, uint32_t address, uint32_t size)
{
  if (vm->instance == NULL) {
    return NULL; /* It is being made. */
  }
  vm->engine->memory_refresh(vm->instance);
  if ((uint64_t)address + size <= vm->memory->size) {
    return (char *)vm->memory->base + address;
  }
  return NULL;
}

enum pw_status
pw_guest_return_room(struct pw_vm *vm, size_t size, pw_value address_at, pw_value size_at, char **target)
{
  uint32_t address = 0;
  uint32_t returned_size;

  *target = NULL;
  if (pw_guest(vm, address_at.u32, 4) == NULL || pw_guest(vm, size_at.u32, 4) == NULL || size > UINT32_MAX) {
    return PW_STATUS_INVALID_MEMORY_ACCESS;
  }
  /* The AssemblyScript SDK, which has the deprecated allocator, cannot live with address 0 for an empty value; the Rust
   * SDK takes it for "no value", which an allocated one would not be. */
  if (size > 0 || vm->plugin->allocates_empty) {
    address = pw_vm_allocate(vm, (uint32_t)size);
    if ((address == 0 && size > 0) || pw_vm_is_dead(vm)) {
      return PW_STATUS_INVALID_MEMORY_ACCESS;
    }
    *target = size > 0 ? pw_guest(vm, address, (uint32_t)size) : NULL;
    if (*target == NULL && size > 0) {
      return PW_STATUS_INVALID_MEMORY_ACCESS;
    }
  }
  returned_size = (uint32_t)size;
  memcpy(pw_guest_again(vm, address_at.u32), &address, sizeof(address));
  memcpy(pw_guest_again(vm, size_at.u32), &returned_size, sizeof(returned_size));
  return PW_STATUS_OK;
}

enum pw_status
pw_guest_return(struct pw_vm *vm, struct pw_view bytes, pw_value address_at, pw_value size_at)
{
  char          *target;
  enum pw_status status = pw_guest_return_room(vm, bytes.size, address_at, size_at, &target);

  if (status == PW_STATUS_OK && target != NULL) {
    memcpy(target, bytes.data, bytes.size);
  }
  return status;
}
