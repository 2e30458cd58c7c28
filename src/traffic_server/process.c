/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/process.h"

#include "traffic_server/compatibility.h"
#include "traffic_server/configuration/slot.h"
#include "traffic_server/event_thread/event_thread.h"
#include "traffic_server/log.h"
#include "traffic_server/proxy_ops.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define PLUGIN_NAME "wasm"

static struct {
  struct pw_host *host;
  int             argument_index;
  bool            started;
} process;

struct pw_host *
pw_process_host(void)
{
  return process.host;
}

int
pw_process_argument_index(void)
{
  return process.argument_index;
}

/* Event threads, timers and engines hold pointers into this object for as long as the process lives: it must not be
 * unloaded when remap.config does without it for a while. */
static void
stay_loaded(void)
{
  Dl_info info;
  if (dladdr((const void *)&process, &info) == 0 || !info.dli_fname ||
      !dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE)) {
    pw_log_warning("the plugin's object could not be pinned in memory: do not take wasm.so out of remap.config without "
                   "a restart");
  }
}

/* Where compiled modules are kept; NULL: nowhere. */
static const char *
cache_directory(char *path, size_t size)
{
  int length = snprintf(path, size, "%s/proxywasm", TSRuntimeDirGet());
  if (length < 0 || (size_t)length >= size) {
    return NULL;
  }
  if (mkdir(path, 0700) != 0 && errno != EEXIST) {
    pw_log_note("%s cannot be made (%s): modules are compiled anew at each start", path, strerror(errno));
    return NULL;
  }
  return path;
}

static int
on_reload(TSCont continuation, TSEvent event, void *data)
{
  (void)continuation;
  (void)event;
  (void)data;
  pw_slots_reload();
  return 0;
}

static int
on_threads_ready(TSCont continuation, TSEvent event, void *data)
{
  (void)continuation;
  (void)event;
  (void)data;
  pw_event_threads_start();
  return 0;
}

static void
register_events(void)
{
  TSMgmtUpdateRegister(TSContCreate(on_reload, TSMutexCreate()), PLUGIN_NAME);
  TSLifecycleHookAdd(TS_LIFECYCLE_TASK_THREADS_READY_HOOK, TSContCreate(on_threads_ready, NULL));
}

bool
pw_process_start(bool is_global, struct pw_error *error)
{
  char                   path[4096];
  struct pw_host_options options;

  if (process.started) {
    return process.host != NULL || pw_error_set(error, PW_ERROR_MEMORY, "the host could not be made: see above");
  }
  process.started = true;
  if (!is_global) {
    stay_loaded();
  }
  pw_log_open();
  memset(&options, 0, sizeof(options));
  options.proxy           = pw_traffic_server_ops();
  options.cache_directory = cache_directory(path, sizeof(path));
  if (TSUserArgIndexReserve(TS_USER_ARGS_TXN, PLUGIN_NAME, "Proxy-Wasm contexts", &process.argument_index) !=
      TS_SUCCESS) {
    return pw_error_set(error, PW_ERROR_LIMIT,
                        "no transaction argument is left: other plugins took all of them; load "
                        "fewer plugins");
  }
  process.host = pw_host_new(&options, error);
  if (!process.host) {
    return false;
  }
  register_events();
  return true;
}
