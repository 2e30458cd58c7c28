/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long transactions are in the hooks of the plugins between two lines of plugin.config, from this plugin to itself:
 *
 *   hook_times.so begin FILE
 *   …
 *   hook_times.so end FILE
 *
 * The server calls the plugins of a hook in the order of these lines. FILE, which is there, holds the sums, in memory
 * that whoever reads it shares. For one event thread, and plugins that do not wait.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ts/ts.h>
#include <unistd.h>

/* A pass that took longer had its processor taken away. */
#define LONGEST_NANOSECONDS 50000

enum { READ_REQUEST, SEND_RESPONSE, CLOSE, HOOKS };

static struct {
  uint64_t nanoseconds[HOOKS];
  uint64_t passes[HOOKS];
} * sums;

static uint64_t begun;

static uint64_t
now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int
on_begin(TSCont continuation, TSEvent event, void *data)
{
  (void)continuation;
  (void)event;
  begun = now();
  TSHttpTxnReenable((TSHttpTxn)data, TS_EVENT_HTTP_CONTINUE);
  return 0;
}

static int
on_end(TSCont continuation, TSEvent event, void *data)
{
  uint64_t took = now() - begun;
  int      hook = event == TS_EVENT_HTTP_READ_REQUEST_HDR    ? READ_REQUEST
                  : event == TS_EVENT_HTTP_SEND_RESPONSE_HDR ? SEND_RESPONSE
                                                             : CLOSE;
  (void)continuation;
  if (took < LONGEST_NANOSECONDS) {
    sums->nanoseconds[hook] += took;
    sums->passes[hook]++;
  }
  TSHttpTxnReenable((TSHttpTxn)data, TS_EVENT_HTTP_CONTINUE);
  return 0;
}

/* False: the file cannot be mapped. */
static bool
map_sums(const char *path)
{
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0 || ftruncate(file, sizeof *sums) != 0) {
    return false;
  }
  sums = mmap(NULL, sizeof *sums, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return sums != MAP_FAILED;
}

void
TSPluginInit(int argc, const char *argv[])
{
  TSPluginRegistrationInfo registration = {"hook_times", "proxywasm", ""};
  if (argc != 3 || TSPluginRegister(&registration) != TS_SUCCESS || !map_sums(argv[2])) {
    TSFatal("[hook_times] usage: hook_times.so begin|end FILE");
  }
  TSCont continuation = TSContCreate(strcmp(argv[1], "begin") == 0 ? on_begin : on_end, NULL);
  TSHttpHookAdd(TS_HTTP_READ_REQUEST_HDR_HOOK, continuation);
  TSHttpHookAdd(TS_HTTP_SEND_RESPONSE_HDR_HOOK, continuation);
  TSHttpHookAdd(TS_HTTP_TXN_CLOSE_HOOK, continuation);
}
