/* SPDX-License-Identifier: Apache-2.0 */
/* Names of compiled functions for perf, in the file where it looks for them. V8's own --perf-basic-prof begins that
 * file anew with each isolate. */
#include "common/perf_map.h"
#include "isolate.h"

static FILE *map; /* NULL: no profile */

void
pw_v8_profile_start(void)
{
  if (!map) {
    map = pw_perf_map_open();
  }
}

/* stdio locks the file: threads write whole lines. */
static void
code_added(const v8::JitCodeEvent *event)
{
  if (event->type == v8::JitCodeEvent::CODE_ADDED && event->code_type == v8::JitCodeEvent::WASM_CODE) {
    fprintf(map, "%zx %zx wasm %.*s\n", (size_t)event->code_start, event->code_len, (int)event->name.len,
            event->name.str);
    fflush(map);
  }
}

void
pw_v8_profile(v8::Isolate *isolate)
{
  if (map) {
    isolate->SetJitCodeEventHandler(v8::kJitCodeEventDefault, code_added);
  }
}
