/* SPDX-License-Identifier: Apache-2.0 */
#include "support/threads.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct start {
  void (*run)(void *data, unsigned index);
  void              *data;
  unsigned           index;
  pthread_barrier_t *barrier;
};

static void *
run_one(void *argument)
{
  struct start *start = argument;
  pthread_barrier_wait(start->barrier);
  start->run(start->data, start->index);
  return NULL;
}

void
run_threads(unsigned count, void (*run)(void *data, unsigned index), void *data)
{
  pthread_t         threads[MAX_THREADS];
  struct start      starts[MAX_THREADS];
  pthread_barrier_t barrier;
  if (count > MAX_THREADS || pthread_barrier_init(&barrier, NULL, count) != 0) {
    fprintf(stderr, "cannot run %u threads\n", count);
    abort();
  }
  for (unsigned i = 0; i < count; i++) {
    starts[i] = (struct start){run, data, i, &barrier};
    if (pthread_create(&threads[i], NULL, run_one, &starts[i]) != 0) {
      perror("pthread_create");
      abort();
    }
  }
  for (unsigned i = 0; i < count; i++) {
    pthread_join(threads[i], NULL);
  }
  pthread_barrier_destroy(&barrier);
}
