/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config.h
 * A YAML configuration file, read into plugin configurations: one schema for the Traffic Server plugin and the command
 * line. The existing plugin's files load unchanged (top-level `config:`); `plugins:` holds a list of such mappings.
 */
#ifndef PROXYWASM_CONFIG_CONFIG_H
#define PROXYWASM_CONFIG_CONFIG_H

#include <proxywasm/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How many VMs a plugin has. */
enum pw_vm_scope {
  PW_VM_SCOPE_THREAD,     /**< one for each event thread (default) */
  PW_VM_SCOPE_PROCESS,    /**< one, behind a lock: for modules that keep state in their own memory for all */
  PW_VM_SCOPE_TRANSACTION /**< a fresh one for each transaction */
};

/** The largest configuration file that is read. */
#define PW_CONFIG_FILE_BYTES ((size_t)8 << 20)

/** When response callbacks run. */
enum pw_response_phase {
  PW_RESPONSE_PHASE_CLIENT, /**< before the response goes to the client: cache hits and errors too (default) */
  PW_RESPONSE_PHASE_ORIGIN  /**< when the origin's response came: what the module changes is cached */
};

/** A server that modules call by name. */
struct pw_config_upstream {
  struct pw_view name;
  struct pw_view host; /**< as in a URL: an IPv6 address has its brackets */
  uint32_t       port; /**< 0: the scheme's */
  bool           tls;
  uint32_t       timeout_milliseconds; /**< the most that a call may take; 0: what the module says */
};

/** One plugin of a file. Owned by the pw_config; strings live as long. */
struct pw_config_plugin {
  struct pw_plugin_config plugin;
  const char      *code_file; /**< as written: relative to the configuration directory of the proxy, or absolute */
  enum pw_vm_scope vm_scope;
  enum pw_response_phase           response_phase;
  const struct pw_config_upstream *upstreams;
  size_t                           upstream_count;
  bool                             restrict_calls;      /**< one of the two is given: no other server may be called */
  const struct pw_view            *allowed_authorities; /**< patterns, see config/authority.h; they are sound */
  size_t                           allowed_authority_count;
  const char                      *file; /**< the configuration file */
  unsigned                         line; /**< where the plugin's mapping begins in it */
};

struct pw_config {
  struct pw_config_plugin *plugins;
  size_t                   count;
  void                    *arena; /**< private */
};

/**
 * Reads a file, or text that came from `file` (for messages).
 * Errors: FILE; CONFIGURATION, as "FILE:LINE:COLUMN: key 'config.vm_config.runtim': unknown key; did you mean
 * 'runtime'?". Every mistake that can be found in one go is reported, one a line. NULL on error. `host_env_keys` are
 * looked up in the process's environment now.
 */
struct pw_config *pw_config_read_file(const char *file, struct pw_error *error);
struct pw_config *pw_config_read_text(struct pw_view text, const char *file, struct pw_error *error);
void              pw_config_free(struct pw_config *config);

/** Makes a path as the proxy sees it: `file` if absolute, else under `directory`. To be freed with free(). NULL:
 * memory. */
char *pw_config_path(const char *directory, const char *file);
/** A whole file. Errors: FILE (with the path and the reason), MEMORY, LIMIT (over `limit` bytes). */
bool pw_config_read_bytes(const char *file, size_t limit, struct pw_bytes *bytes, struct pw_error *error);

#ifdef __cplusplus
}
#endif

#endif
