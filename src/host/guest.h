/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file guest.h
 * The only way to a guest's memory. A guest's address and size are lifted here, with bounds and overflow checked in one
 * place; no hostcall touches guest memory otherwise.
 *
 * A lifted pointer is right until the guest runs again (its allocator, for a returned value): the memory may grow.
 */
#ifndef PROXYWASM_HOST_GUEST_H
#define PROXYWASM_HOST_GUEST_H

#include "host/internal.h"

/** The slow way: the guest may have grown its memory since the size was last read. */
char *pw_guest_grown(struct pw_vm *vm, uint32_t address, uint32_t size);

/** `size` bytes at `address`, or NULL when they are not all inside. */
static inline char *
pw_guest(struct pw_vm *vm, uint32_t address, uint32_t size)
{
  if (PW_LIKELY((uint64_t)address + size <= vm->memory->size)) {
    return (char *)vm->memory->base + address;
  }
  return pw_guest_grown(vm, address, size);
}

/** What was inside before: a memory grows, and may move then, but never shrinks. The VM is alive. */
static inline char *
pw_guest_again(struct pw_vm *vm, uint32_t address)
{
  return (char *)vm->memory->base + address;
}

/** Lifts bytes that are inside as far as is known; false: pw_guest_view has to be asked. */
static inline bool
pw_guest_has(const struct pw_vm *vm, pw_value address, pw_value size, struct pw_view *view)
{
  view->data = (char *)vm->memory->base + address.u32;
  view->size = size.u32;
  return PW_LIKELY((uint64_t)address.u32 + size.u32 <= vm->memory->size);
}

static inline bool
pw_guest_view(struct pw_vm *vm, pw_value address, pw_value size, struct pw_view *view)
{
  if (pw_guest_has(vm, address, size, view)) {
    return true;
  }
  view->data = pw_guest_grown(vm, address.u32, size.u32);
  return view->data != NULL;
}

/** Guests are little-endian and need not align. */
static inline bool
pw_guest_write_u32(struct pw_vm *vm, uint32_t address, uint32_t value)
{
  char *target = pw_guest(vm, address, sizeof(value));

  if (target == NULL) {
    return false;
  }
  memcpy(target, &value, sizeof(value));
  return true;
}

static inline bool
pw_guest_write_u64(struct pw_vm *vm, uint32_t address, uint64_t value)
{
  char *target = pw_guest(vm, address, sizeof(value));

  if (target == NULL) {
    return false;
  }
  memcpy(target, &value, sizeof(value));
  return true;
}

/**
 * Room for a returned value of `size` bytes: checks the two addresses that the guest gave for the result, and allocates
 * in the guest. `*target` is NULL when `size` is 0 (nothing is allocated then, but by modules with the deprecated
 * malloc: address 0, size 0 are returned). INVALID_MEMORY_ACCESS: an address is out of bounds, or the guest's allocator
 * failed or lied.
 */
enum pw_status pw_guest_return_room(struct pw_vm *vm, size_t size, pw_value address_at, pw_value size_at,
                                    char **target);

/** Returns `bytes`. They must not be in guest memory. */
enum pw_status pw_guest_return(struct pw_vm *vm, struct pw_view bytes, pw_value address_at, pw_value size_at);

#endif
