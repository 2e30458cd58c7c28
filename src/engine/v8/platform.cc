/* SPDX-License-Identifier: Apache-2.0 */
/* V8 itself: one for the process, started once and never ended. */
#include "isolate.h"

#include <libplatform/libplatform.h>

#include <csignal>
#include <cstdio>

/* Compiling is what the threads are for: two are enough, and the same on each machine. */
enum { PLATFORM_THREADS = 2 };

/* Everything is compiled once and well, and nothing while requests are served; so it can be kept, too. */
static const char flags[] = "--no-liftoff --no-wasm-tier-up --no-wasm-dynamic-tiering "
                            /* Keys are of the thread that makes them: others could not even read code. */
                            "--no-wasm-memory-protection-keys "
                            /* With these a module could catch the exception by which a host function ends it, share a
                             * memory, or wait for ever. */
                            "--no-experimental-wasm-eh --no-experimental-wasm-threads";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static v8::Platform   *platform;

const char *
pw_v8_version(void)
{
  return v8::V8::GetVersion();
}

const void *
pw_v8_library_address(void)
{
  return (const void *)&v8::V8::GetVersion;
}

/* Threads without signals: those of the process are for the proxy's threads. */
static void
start(void)
{
  sigset_t all;
  sigset_t before;

  v8::V8::SetFlagsFromString(flags);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  platform = v8::platform::NewDefaultPlatform(PLATFORM_THREADS).release();
  v8::V8::InitializePlatform(platform);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  v8::V8::Initialize();
}

bool
pw_v8_platform_start(bool profile, struct pw_error *error)
{
  static bool started;
  char        expected[32];

  /* Its classes are laid out in its headers. */
  snprintf(expected, sizeof expected, "%d.%d.", V8_MAJOR_VERSION, V8_MINOR_VERSION);
  if (strncmp(v8::V8::GetVersion(), expected, strlen(expected)) != 0) {
    return pw_error_set(error, PW_ERROR_ENGINE,
                        "engine 'v8': its library is V8 %s, proxywasm was compiled for %sx; install the libnode108 of "
                        "Debian 12, or build again after tools/setup",
                        v8::V8::GetVersion(), expected);
  }
  pthread_mutex_lock(&lock);
  if (!started) {
    start();
    started = true;
  }
  if (profile) {
    pw_v8_profile_start();
  }
  pthread_mutex_unlock(&lock);
  return true;
}

void
pw_v8_run_tasks(v8::Isolate *isolate)
{
  while (v8::platform::PumpMessageLoop(platform, isolate)) {
  }
}

void
pw_v8_dispose(v8::Isolate *isolate)
{
  v8::platform::NotifyIsolateShutdown(platform, isolate);
  isolate->Dispose();
}
