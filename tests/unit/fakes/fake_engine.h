/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fake_engine.h
 * An engine whose modules are C functions: what a callback does is a function of the test. It takes the place of the
 * loader (pw_engine_find) and of the code cache in the tests that are linked with it.
 *
 * A test sets fake_module before it loads a plugin. In a callback it reaches the host with fake_hostcall, and guest
 * memory (64 KiB) with fake_memory; fake_trap ends the callback with a trap.
 */
#ifndef TESTS_FAKES_FAKE_ENGINE_H
#define TESTS_FAKES_FAKE_ENGINE_H

#include <proxywasm/host.h>

struct fake_vm; /* one instance */

/** Answers the callback's result (ignored where it has none). */
typedef uint32_t (*fake_callback)(struct fake_vm *vm, const pw_value *arguments);

/** An export. `type` as in wasm_builder.h. Ends with a NULL name. */
struct fake_export {
  const char   *name;
  const char   *type;
  fake_callback function;
};

/** The exports of the module that is loaded next; an allocator and the marker of 0.2.1 are added. All hostcalls of the
 *  ABI are imported. */
extern const struct fake_export *fake_module;
/** Instances alive, and made so far. */
extern _Atomic int fake_instances_alive;
extern _Atomic int fake_instances_made;

/** What the engine that is found next has of images: FAKE_IMAGES_NONE, as at first: it has none; CANNOT: it does not
 *  bring an instance back. Set before the host is made. */
enum fake_images { FAKE_IMAGES_NONE, FAKE_IMAGES_WORK, FAKE_IMAGES_CANNOT };
extern enum fake_images fake_images;

/** Called while a module is compiled, if it is set. */
extern void (*fake_while_compiling)(void);

/** The wasm binary for `fake_module`, owned by the caller. */
struct pw_bytes fake_code(void);

/** Calls a hostcall with i32 arguments. Answers its result, or -1 when it trapped (the callback must return then). */
int fake_hostcall(struct fake_vm *vm, const char *name, size_t count, const uint32_t *arguments);
#define FAKE_HOSTCALL(vm, name, ...)                                                                                   \
  fake_hostcall((vm), (name), sizeof((uint32_t[]){0, __VA_ARGS__}) / sizeof(uint32_t) - 1,                             \
                (uint32_t[]){0, __VA_ARGS__} + 1)

/** Guest memory at an address. */
char *fake_memory(struct fake_vm *vm, uint32_t address);
/** Copies a string there; answers its size. */
uint32_t fake_put(struct fake_vm *vm, uint32_t address, const char *text);
/** The 32-bit number there. */
uint32_t fake_u32(struct fake_vm *vm, uint32_t address);
/** The callback under way ends with a trap of this message. */
void fake_trap(struct fake_vm *vm, const char *message);
/** The deadline that the call under way was given, milliseconds. */
uint32_t fake_deadline(struct fake_vm *vm);
/** What the guest's allocator does from now on: 0 = works, 1 = answers 0, 2 = answers an address out of bounds,
 *  3 = traps, 4 = calls proxy_log, 5 = proxy_remove_header_map_value, 6 = proxy_increment_metric of metric 1. */
extern int fake_allocator_mode;
/** The status that the allocator's own hostcall got, from mode 4 on. */
extern int fake_allocator_status;

#endif
