/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fixture.h
 * A host with the fake proxy and the fake engine, and plugins of C functions.
 */
#ifndef TESTS_FAKES_FIXTURE_H
#define TESTS_FAKES_FIXTURE_H

#include "fakes/fake_engine.h"
#include "fakes/fake_proxy.h"

enum { FIXTURE_PLUGINS = 4 };

struct fixture {
  struct pw_host     *host;
  struct pw_worker   *worker;
  struct pw_plugin   *plugins[FIXTURE_PLUGINS];
  struct pw_instance *instances[FIXTURE_PLUGINS];
  struct pw_chain    *chain;
  size_t              count;
  struct pw_error     error; /**< of the last start */
};

/** A host and a worker, without plugins. */
void fixture_open(struct fixture *fixture);
/** Adds a plugin whose module has these exports, and starts it. `config` may be NULL: named "plugin-N", fails open. */
void fixture_add(struct fixture *fixture, const struct fake_export *module, const struct pw_plugin_config *config);
/** Makes the chain of what was added. */
void fixture_chain(struct fixture *fixture);
/** Ends all; fails the test when an instance is left. */
void fixture_close(struct fixture *fixture);

#endif
