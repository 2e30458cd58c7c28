/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include "surroundings.h"

#include "engine/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

#define FEW    1
#define MANY   101
#define ROUNDS 9
#define WARM   3

static const char *const words[] = {
#define OPERATION_WORD(enumerator, word) word,
  OPERATIONS(OPERATION_WORD)
#undef OPERATION_WORD
};

static struct pw_bytes code;

static int
compare(const void *a, const void *b)
{
  double left = *(const double *)a, right = *(const double *)b;
  return left < right ? -1 : left > right;
}

/* Of one stream. */
static double
time_stream(const struct subject *subject, unsigned streams)
{
  double samples[ROUNDS];
  for (unsigned round = 0; round < ROUNDS; round++) {
    double begin = nanoseconds();
    for (unsigned i = 0; i < streams; i++) {
      subject->stream();
    }
    samples[round] = (nanoseconds() - begin) / streams;
  }
  qsort(samples, ROUNDS, sizeof samples[0], compare);
  return samples[ROUNDS / 2];
}

static double
measure_order(const struct subject *subject, unsigned operation, unsigned repeats)
{
  char   label[80];
  double time = 0;
  snprintf(label, sizeof label, "%s %u", words[operation], repeats);
  subject->open(code.data, code.size, (struct order){operation, repeats});
  for (int i = 0; i < WARM; i++) {
    subject->stream();
  }
  if (RUNNING_ON_VALGRIND) {
    CALLGRIND_ZERO_STATS;
    subject->stream();
    CALLGRIND_DUMP_STATS_AT(label);
  } else {
    time = time_stream(subject, repeats == FEW ? 20000 : 2000);
  }
  subject->close();
  return time;
}

int
measure(int argc, char **argv, const struct subject *subject)
{
  struct pw_error error;
  if (argc != 2 || !pw_file_read(argv[1], &code, &error)) {
    fprintf(stderr, "usage: %s MODULE.wasm\n", argv[0]);
    return 2;
  }
  for (unsigned operation = 0; operation < OPERATION_COUNT; operation++) {
    double few  = measure_order(subject, operation, FEW);
    double many = measure_order(subject, operation, MANY);
    if (!RUNNING_ON_VALGRIND) {
      printf("%s %.1f\n", words[operation], operation == OPERATION_NOTHING ? few : (many - few) / (MANY - FEW));
      fflush(stdout);
    }
  }
  pw_bytes_clear(&code);
  return 0;
}
