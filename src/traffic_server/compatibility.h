/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file compatibility.h
 * Traffic Server's API, and everything in which its versions 9.2 (C) and 10 (C++) differ. No other file of this folder
 * asks for a version. The folder is written in the common subset of C and C++, so that it compiles as C for 9.2 and as
 * C++20 for 10.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_COMPATIBILITY_H
#define PROXYWASM_TRAFFIC_SERVER_COMPATIBILITY_H

#include <ts/ts.h>

#include <ts/remap.h>

#if TS_VERSION_MAJOR < 10
#include <ts/experimental.h>
#endif

/** The tag of debug output: proxy.config.diags.debug.tags. */
#define PW_DEBUG_TAG "wasm"

/** A hook as a bit of a set. */
#define PW_HOOK_BIT(hook) (1u << (hook))

/** Entry points that Traffic Server looks up by name; everything else in the object is hidden. */
#ifdef __cplusplus
#define PW_ENTRY_POINT extern "C" __attribute__((visibility("default")))
#else
#define PW_ENTRY_POINT __attribute__((visibility("default")))
#endif

#if TS_VERSION_MAJOR < 10

/** Settings of a transaction for the way to the origin that the other version names otherwise, or has not. */
#define PW_SETTINGS_OF_THIS_VERSION                                                                                    \
  TS_CONFIG_HTTP_CONNECT_ATTEMPTS_MAX_RETRIES_DEAD_SERVER, TS_CONFIG_HTTP_PARENT_CONNECT_ATTEMPT_TIMEOUT,              \
    TS_CONFIG_HTTP_POST_CONNECT_ATTEMPTS_TIMEOUT

static inline bool
pw_debug_enabled(void)
{
  return TSIsDebugTagSet(PW_DEBUG_TAG) != 0;
}

/** No text is taken as a format. */
static inline void
pw_debug_print(const char *prefix, const char *text, int size)
{
  TSDebug(PW_DEBUG_TAG, "%s%.*s", prefix, size, text);
}

/** The parameters of a path's last part (";name=value"), which 9.2 keeps apart from the path. */
static inline const char *
pw_url_parameters(TSMBuffer buffer, TSMLoc url, int *size)
{
  return TSUrlHttpParamsGet(buffer, url, size);
}

static inline void
pw_url_remove_parameters(TSMBuffer buffer, TSMLoc url)
{
  TSUrlHttpParamsSet(buffer, url, NULL, 0);
}

#else

#define PW_SETTINGS_OF_THIS_VERSION TS_CONFIG_HTTP_CONNECT_ATTEMPTS_MAX_RETRIES_DOWN_SERVER

static inline DbgCtl &
pw_debug_control(void)
{
  static DbgCtl control(PW_DEBUG_TAG);
  return control;
}

static inline bool
pw_debug_enabled(void)
{
  return pw_debug_control().on();
}

static inline void
pw_debug_print(const char *prefix, const char *text, int size)
{
  Dbg(pw_debug_control(), "%s%.*s", prefix, size, text);
}

static inline const char *
pw_url_parameters(TSMBuffer, TSMLoc, int *size)
{
  *size = 0;
  return NULL;
}

static inline void
pw_url_remove_parameters(TSMBuffer, TSMLoc)
{
}

#endif

#endif
