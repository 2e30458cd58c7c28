/* SPDX-License-Identifier: Apache-2.0 */
/* What is canned for the calls of modules, and the records of those calls. */
#include <stdlib.h>

#include "cli/simulator/simulator_internal.h"

bool
pw_simulator_copy_bytes(struct pw_bytes *to, struct pw_view from)
{
  return from.size == 0 || pw_bytes_append(to, from.data, from.size);
}

bool
pw_simulator_copy_pairs(struct pw_fields *to, const struct pw_pairs *from)
{
  for (size_t i = 0; from != NULL && i < from->count; i++) {
    if (!pw_fields_add(to, from->items[i].key, from->items[i].value)) {
      return false;
    }
  }
  return true;
}

/* --------------------------------------------------------------------------------------------------------- answers */

static void
answer_clear(struct pw_owned_answer *answer)
{
  pw_bytes_clear(&answer->upstream);
  pw_bytes_clear(&answer->authority);
  pw_bytes_clear(&answer->path);
  pw_fields_clear(&answer->headers);
  pw_bytes_clear(&answer->body);
  for (size_t i = 0; i < answer->message_count; i++) {
    pw_bytes_clear(&answer->messages[i]);
  }
  free(answer->messages);
  pw_fields_clear(&answer->trailers);
  pw_bytes_clear(&answer->status_message);
}

static bool
answer_copy(struct pw_owned_answer *to, const struct pw_call_answer *from)
{
  to->status             = from->status;
  to->delay_milliseconds = from->delay_milliseconds;
  to->refuse             = from->refuse;
  to->messages           = from->message_count > 0 ? calloc(from->message_count, sizeof(*to->messages)) : NULL;
  if (from->message_count > 0 && to->messages == NULL) {
    return false;
  }
  to->message_count = from->message_count;
  bool done         = true;
  for (size_t i = 0; done && i < from->message_count; i++) {
    done = pw_simulator_copy_bytes(&to->messages[i], from->messages[i]);
  }
  return done && pw_simulator_copy_bytes(&to->upstream, from->upstream) &&
         pw_simulator_copy_bytes(&to->authority, from->authority) && pw_simulator_copy_bytes(&to->path, from->path) &&
         pw_simulator_copy_bytes(&to->body, from->body) &&
         pw_simulator_copy_bytes(&to->status_message, from->status_message) &&
         (from->headers == NULL || pw_fields_copy(&to->headers, from->headers)) &&
         (from->trailers == NULL || pw_fields_copy(&to->trailers, from->trailers));
}

static bool
answers_add(struct pw_answers *answers, const struct pw_call_answer *answer)
{
  struct pw_owned_answer *items = realloc(answers->items, (answers->count + 1) * sizeof(*items));
  if (items == NULL) {
    return false;
  }
  answers->items               = items;
  struct pw_owned_answer *slot = &items[answers->count];
  *slot                        = (struct pw_owned_answer){0};
  if (!answer_copy(slot, answer)) {
    answer_clear(slot);
    return false;
  }
  answers->count++;
  return true;
}

bool
pw_simulator_answer_http(struct pw_simulator *simulator, const struct pw_call_answer *answer)
{
  return answers_add(&simulator->http_answers, answer);
}

bool
pw_simulator_answer_grpc(struct pw_simulator *simulator, const struct pw_call_answer *answer)
{
  return answers_add(&simulator->grpc_answers, answer);
}

static bool
fits(const struct pw_bytes *wanted, struct pw_view given)
{
  return wanted->size == 0 || pw_view_equal(pw_bytes_view(wanted), given);
}

size_t
pw_simulator_find_answer(const struct pw_answers *answers, struct pw_view upstream, struct pw_view authority,
                         struct pw_view path)
{
  for (size_t i = 0; i < answers->count; i++) {
    const struct pw_owned_answer *answer = &answers->items[i];
    if (fits(&answer->upstream, upstream) && fits(&answer->authority, authority) && fits(&answer->path, path)) {
      return i;
    }
  }
  return PW_NO_ANSWER;
}

/* --------------------------------------------------------------------------------------------------------- records */

struct pw_call_record *
pw_simulator_record_new(struct pw_simulator *simulator, struct pw_instance *instance, uint32_t id)
{
  size_t                 count = simulator->call_count + 1;
  struct pw_call_record *calls = realloc(simulator->calls, count * sizeof(*calls));
  if (calls == NULL) {
    return NULL;
  }
  simulator->calls             = calls;
  struct pw_call_state *states = realloc(simulator->call_states, count * sizeof(*states));
  if (states == NULL) {
    return NULL;
  }
  simulator->call_states = states;
  states[count - 1]      = (struct pw_call_state){.instance = instance, .answer = PW_NO_ANSWER};
  calls[count - 1]       = (struct pw_call_record){.id = id};
  simulator->call_count  = count;
  return &calls[count - 1];
}

static bool
is_open(const struct pw_call_record *call)
{
  return call->status == PW_STATUS_OK && !call->cancelled && !call->ended;
}

struct pw_call_record *
pw_simulator_record_open(struct pw_simulator *simulator, uint32_t id)
{
  for (size_t i = simulator->call_count; i-- > 0;) {
    struct pw_call_record *call = &simulator->calls[i];
    if (call->id == id) {
      return is_open(call) ? call : NULL;
    }
  }
  return NULL;
}

const struct pw_call_record *
pw_simulator_calls(const struct pw_simulator *simulator, size_t *count)
{
  *count = simulator->call_count;
  return simulator->calls;
}

static void
record_clear(struct pw_call_record *call)
{
  pw_bytes_clear(&call->upstream);
  pw_bytes_clear(&call->service);
  pw_bytes_clear(&call->method);
  pw_fields_clear(&call->headers);
  pw_bytes_clear(&call->body);
  pw_fields_clear(&call->trailers);
}

void
pw_simulator_calls_forget(struct pw_simulator *simulator)
{
  size_t kept = 0;
  for (size_t i = 0; i < simulator->call_count; i++) {
    if (!is_open(&simulator->calls[i])) {
      record_clear(&simulator->calls[i]);
      continue;
    }
    simulator->calls[kept]         = simulator->calls[i];
    simulator->call_states[kept++] = simulator->call_states[i];
  }
  simulator->call_count = kept;
}

void
pw_simulator_calls_free(struct pw_simulator *simulator)
{
  for (size_t i = 0; i < simulator->call_count; i++) {
    record_clear(&simulator->calls[i]);
  }
  free(simulator->calls);
  free(simulator->call_states);
  struct pw_answers *const both[] = {&simulator->http_answers, &simulator->grpc_answers};
  for (size_t k = 0; k < 2; k++) {
    for (size_t i = 0; i < both[k]->count; i++) {
      answer_clear(&both[k]->items[i]);
    }
    free(both[k]->items);
  }
}
