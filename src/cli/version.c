/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <stdio.h>

static int
run(struct pw_command_line *line)
{
  if (pw_command_next(line) < 0) {
    return line->exit;
  }
  printf("proxywasm %s\n", pw_version());
  return PW_EXIT_OK;
}

const struct pw_command pw_command_version = {
  .name        = "version",
  .summary     = "print the version",
  .arguments   = "",
  .description = "Prints the program's name and its version. 'proxywasm --version' does so, too.",
  .options     = NULL,
  .minimum     = 0,
  .maximum     = 0,
  .run         = run,
};
