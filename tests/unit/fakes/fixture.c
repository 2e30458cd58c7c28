/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/fixture.h"

#include "support/unit.h"

void
fixture_open(struct fixture *fixture)
{
  struct pw_host_options options;

  memset(fixture, 0, sizeof(*fixture));
  memset(&options, 0, sizeof(options));
  fake_proxy_reset();
  fake_allocator_mode  = 0;
  fake_instances_alive = 0;
  fake_instances_made  = 0;
  options.proxy        = &fake_proxy_ops;
  fixture->host        = pw_host_new(&options, &fixture->error);
  assert_non_null(fixture->host);
  fixture->worker = pw_worker_new(fixture->host, NULL, &fixture->error);
  assert_non_null(fixture->worker);
}

void
fixture_add(struct fixture *fixture, const struct fake_export *module, const struct pw_plugin_config *config)
{
  struct pw_plugin_config own;
  struct pw_bytes         code;
  char                    name[32];
  size_t                  i = fixture->count++;

  snprintf(name, sizeof(name), "plugin-%zu", i);
  memset(&own, 0, sizeof(own));
  if (config != NULL) {
    own = *config;
  } else {
    own.fail_open = true;
  }
  own.name            = pw_view_of(name);
  fake_module         = module;
  code                = fake_code();
  fixture->plugins[i] = pw_plugin_load(fixture->host, &own, pw_bytes_view(&code), "fake.wasm", &fixture->error);
  pw_bytes_clear(&code);
  if (fixture->plugins[i] == NULL) {
    fail_msg("%s", fixture->error.message);
  }
  fixture->instances[i] = pw_instance_new(fixture->worker, fixture->plugins[i], &fixture->error);
  assert_non_null(fixture->instances[i]);
}

void
fixture_chain(struct fixture *fixture)
{
  fixture->chain = pw_chain_new(fixture->worker, fixture->instances, fixture->count, &fixture->error);
  assert_non_null(fixture->chain);
}

void
fixture_close(struct fixture *fixture)
{
  size_t i;

  pw_chain_delete(fixture->chain);
  for (i = 0; i < fixture->count; ++i) {
    pw_instance_delete(fixture->instances[i]);
    pw_plugin_release(fixture->plugins[i]);
  }
  pw_worker_delete(fixture->worker);
  pw_host_delete(fixture->host);
  assert_int_equal(fake_instances_alive, 0);
  fake_proxy_reset();
}
