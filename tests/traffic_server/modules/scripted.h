/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file scripted.h
 * The language of the scripted module: commands separated by ';', words separated by spaces, "%20" for a byte.
 *
 * Each callback runs the script that the plugin's configuration has for it (a line "request: add request x-a 1"), then
 * the one in the request header "NAME-request" (NAME is the plugin's, "do" by default). What commands find out becomes
 * a note: a log line, and a response header "NAME-note". A hostcall that fails is noted as "COMMAND=STATUS".
 *
 *   note TEXT                        add|replace MAP KEY VALUE, remove MAP KEY, get MAP KEY, set MAP KEY=VALUE...
 *   all MAP                          every pair, a note each
 *   size MAP                         what the map's size is said to be, and that of its pairs
 *   arguments                        header count and end_of_stream, as the callback was given them
 *   reply STATUS BODY [KEY=VALUE]... pause MILLISECONDS; hang
 *   close                            proxy_close_stream
 *   property PATH, number PATH, set_property PATH VALUE
 *   count|record|sample METRIC N, metric METRIC
 *   shared KEY [VALUE]; once KEY     once: end this script here unless it is the first time for KEY, in all VMs
 *   vm                               how many streams this VM has seen
 *   log LEVEL TEXT, lines COUNT
 *   tick MILLISECONDS
 *   grow KILOBYTES                   allocate and keep
 *   trap KIND                        unreachable, memory, division, stack, loop, growth
 *   fail                             the callback answers false
 */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include <proxy_wasm.h>

#define SCRIPT_WORDS 32
#define NOTES_SIZE   4096
#define NAME_SIZE    32

enum phase {
  PHASE_VM_START,
  PHASE_CONFIGURE,
  PHASE_TICK,
  PHASE_CREATE,
  PHASE_REQUEST,
  PHASE_RESPONSE,
  PHASE_DONE,
  PHASE_LOG,
  PHASE_DELETE,
  PHASE_COUNT
};

/** What the module remembers of a context. */
struct context {
  uint32_t      id;
  uint32_t      root_id;
  proxy_bytes_t configuration; /* of a root context */
  char          name[NAME_SIZE];
  char          notes[NOTES_SIZE]; /* lines, for the response */
  size_t        notes_size;
};

/** One run of a script. */
struct run {
  struct context *context;
  struct context *root;
  enum phase      phase;
  uint32_t        header_count;
  bool            end_of_stream;
  proxy_action_t  action;
  bool            failed;
  bool            ended;
};

/** Runs the commands of `script`, which it changes. */
void script_run(struct run *run, proxy_bytes_t script);
/** Notes a text: bytes that a header cannot have are written as %XX. */
void script_note(struct run *run, const char *label, proxy_view_t text);
/** Streams that this VM has seen. */
extern uint32_t vm_streams;
/** Continues `stream` of a context after some time. */
void resume_later(struct run *run, proxy_stream_type_t stream, uint64_t milliseconds);

#endif
