/* SPDX-License-Identifier: Apache-2.0 */
#include <proxywasm/abi.h>
#include <proxywasm/host.h>

const char *
pw_version(void)
{
  return PW_VERSION;
}

const char *
pw_status_name(int status)
{
  switch (status) {
  case PW_STATUS_OK:
    return "OK";
  case PW_STATUS_NOT_FOUND:
    return "NOT_FOUND";
  case PW_STATUS_BAD_ARGUMENT:
    return "BAD_ARGUMENT";
  case PW_STATUS_SERIALIZATION_FAILURE:
    return "SERIALIZATION_FAILURE";
  case PW_STATUS_PARSE_FAILURE:
    return "PARSE_FAILURE";
  case PW_STATUS_INVALID_MEMORY_ACCESS:
    return "INVALID_MEMORY_ACCESS";
  case PW_STATUS_EMPTY:
    return "EMPTY";
  case PW_STATUS_CAS_MISMATCH:
    return "CAS_MISMATCH";
  case PW_STATUS_INTERNAL_FAILURE:
    return "INTERNAL_FAILURE";
  case PW_STATUS_UNIMPLEMENTED:
    return "UNIMPLEMENTED";
  default:
    return "UNKNOWN";
  }
}

const char *
pw_log_level_name(int level)
{
  static const char *const names[] = {"trace", "debug", "info", "warn", "error", "critical"};
  return level >= PW_LOG_TRACE && level <= PW_LOG_CRITICAL ? names[level] : "unknown";
}

const char *
pw_callback_name(enum pw_callback callback)
{
  static const char *const names[] = {
#define NAME(identifier, name, parameters, result, versions) [PW_CALLBACK_##identifier] = name,
    PW_CALLBACKS(NAME)
#undef NAME
  };
  return (unsigned)callback < PW_CALLBACK_COUNT ? names[callback] : "unknown";
}
