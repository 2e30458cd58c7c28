/* SPDX-License-Identifier: Apache-2.0 */
#include "config/suggest.h"

#include <ctype.h>

/* Longer names are no typing mistakes of ours. */
#define LONGEST 48

static size_t
smallest(size_t a, size_t b, size_t c)
{
  size_t least = a < b ? a : b;
  return least < c ? least : c;
}

/* Letters to insert, remove, replace, or swap with their neighbour (optimal string alignment). Case does not count. */
static size_t
distance(struct pw_view a, struct pw_view b)
{
  size_t rows[3][LONGEST + 1];
  for (size_t j = 0; j <= b.size; j++) {
    rows[0][j] = j;
  }
  for (size_t i = 1; i <= a.size; i++) {
    size_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size; j++) {
      int  x = tolower((unsigned char)a.data[i - 1]), y = tolower((unsigned char)b.data[j - 1]);
      bool swapped =
        i > 1 && j > 1 && x == tolower((unsigned char)b.data[j - 2]) && y == tolower((unsigned char)a.data[i - 2]);
      row[j] = smallest(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x == y ? 0 : 1));
      if (swapped && before[j - 2] + 1 < row[j]) {
        row[j] = before[j - 2] + 1;
      }
    }
  }
  return rows[a.size % 3][b.size];
}

void
pw_suggestion_offer(struct pw_suggestion *suggestion, const char *name)
{
  struct pw_view offered = pw_view_of(name);
  if (suggestion->wanted.size > LONGEST || offered.size > LONGEST) {
    return;
  }
  size_t found = distance(suggestion->wanted, offered);
  size_t most  = offered.size < 6 ? 1 : offered.size / 3;
  if (found <= most && (!suggestion->best || found < suggestion->best_distance)) {
    suggestion->best          = name;
    suggestion->best_distance = found;
  }
}
