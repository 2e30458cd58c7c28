/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a simulated proxy: lines are kept, with the phase in which they came. */
#include <stdlib.h>

#include "cli/simulator/simulator_internal.h"

void
pw_simulator_note(struct pw_simulator *simulator, const struct pw_plugin *plugin, enum pw_log_level level,
                  struct pw_view text)
{
  if (simulator->options.log != NULL) {
    simulator->options.log(simulator->options.log_data, plugin, level, text);
  }
  if (simulator->log_count == simulator->log_capacity) {
    size_t              capacity = simulator->log_capacity == 0 ? 64 : simulator->log_capacity * 2;
    struct pw_log_line *lines    = realloc(simulator->log, capacity * sizeof(*lines));
    if (lines == NULL) {
      return;
    }
    simulator->log          = lines;
    simulator->log_capacity = capacity;
  }
  char *copy = malloc(text.size + 1);
  if (copy == NULL) {
    return;
  }
  if (text.size > 0) {
    memcpy(copy, text.data, text.size);
  }
  copy[text.size]          = '\0';
  struct pw_log_line *line = &simulator->log[simulator->log_count++];
  line->plugin             = plugin;
  line->level              = level;
  line->phase              = simulator->phase;
  line->text               = pw_view_make(copy, text.size);
}

const struct pw_log_line *
pw_simulator_log(const struct pw_simulator *simulator, size_t *count)
{
  *count = simulator->log_count;
  return simulator->log;
}

void
pw_simulator_log_forget(struct pw_simulator *simulator)
{
  for (size_t i = 0; i < simulator->log_count; i++) {
    free((char *)simulator->log[i].text.data);
  }
  simulator->log_count = 0;
}

void
pw_simulator_log_free(struct pw_simulator *simulator)
{
  pw_simulator_log_forget(simulator);
  free(simulator->log);
}
