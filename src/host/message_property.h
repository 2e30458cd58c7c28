/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file message_property.h
 * Properties that are parts of the message ("request.path", "response.headers.x-a"): to set one is to change a field
 * of its map by another name, under the rules that hold for fields.
 */
#ifndef PROXYWASM_HOST_MESSAGE_PROPERTY_H
#define PROXYWASM_HOST_MESSAGE_PROPERTY_H

#include "host/internal.h"

/** Sets a property that the proxy itself reacts to, or that is a part of the message, for a module that is called on
 *  the stream's own thread (or a root context, which has no message). `path` has its parts separated by NUL. OK;
 *  BAD_ARGUMENT: it is no time to change that part, the value cannot stand there, or it would be too much; NOT_FOUND:
 * it is neither. */
enum pw_status pw_message_property_set(struct pw_vm *vm, const struct pw_context *context, struct pw_view path,
                                       struct pw_view value);

#endif
