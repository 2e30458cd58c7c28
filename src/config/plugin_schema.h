/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plugin_schema.h
 * The keys of one plugin, under `config:` and in the list `plugins:` of a configuration file, and under `plugin:` of a
 * scenario suite.
 */
#ifndef PROXYWASM_CONFIG_PLUGIN_SCHEMA_H
#define PROXYWASM_CONFIG_PLUGIN_SCHEMA_H

#include "config/config.h"
#include "config/schema.h"

/** What the schema reads into. `plugin` is complete after that, but for `file`, and a code_file that may be NULL. */
struct pw_config_draft {
  struct pw_config_plugin plugin;
  bool                    configuration_given;
  bool                    log_level_given;
  struct pw_schema_list   capabilities;
  struct pw_schema_list   upstreams; /**< of struct pw_config_upstream */
  bool                    upstreams_given;
  bool                    allowed_authorities_given;
  struct pw_schema_list   allowed_authorities;
  struct pw_schema_list   host_env_keys;
  struct pw_schema_list   key_values;
};

extern const struct pw_schema pw_config_plugin_schema;
/** A whole configuration file; for the reference. */
extern const struct pw_schema pw_config_schema;

extern const struct pw_schema_choice pw_config_log_levels[];

#endif
