/* SPDX-License-Identifier: Apache-2.0 */
/* A linked module on an isolate: the module object, and functions for its imports. */
#include "isolate.h"

#include <new>

/* The object of a module's name, made at the first import from it. */
static v8::Local<v8::Object>
object_of(v8::Local<v8::Context> context, v8::Local<v8::Object> imports, const char *module)
{
  v8::Isolate          *isolate = context->GetIsolate();
  v8::Local<v8::String> name    = pw_v8_string(isolate, module);
  v8::Local<v8::Object> object;

  if (imports->HasOwnProperty(context, name).FromJust()) {
    return imports->Get(context, name).ToLocalChecked().As<v8::Object>();
  }
  object = v8::Object::New(isolate);
  imports->CreateDataProperty(context, name, object).Check();
  return object;
}

static v8::Local<v8::Object>
make_imports(v8::Local<v8::Context> context, struct pw_linked_module *linked)
{
  v8::Isolate          *isolate = context->GetIsolate();
  v8::Local<v8::Object> imports = v8::Object::New(isolate);

  for (size_t i = 0; i < linked->import_count; i++) {
    struct pw_v8_import    *import = &linked->imports[i];
    v8::Local<v8::Function> function =
      v8::Function::New(context, pw_v8_import_called, v8::External::New(isolate, import), import->type.parameter_count,
                        v8::ConstructorBehavior::kThrow)
        .ToLocalChecked();

    object_of(context, imports, import->module)
      ->CreateDataProperty(context, pw_v8_string(isolate, import->name), function)
      .Check();
  }
  return imports;
}

static struct pw_v8_use *
use_new(struct pw_v8_isolate *home, struct pw_linked_module *linked)
{
  v8::Local<v8::Context>          context = home->context;
  v8::Local<v8::WasmModuleObject> module;
  struct pw_v8_use               *use;

  if (!v8::WasmModuleObject::FromCompiledModule(home->isolate, *pw_v8_code_module(linked->module->code))
         .ToLocal(&module)) {
    return nullptr;
  }
  use = new (std::nothrow) pw_v8_use();
  if (!use) {
    return nullptr;
  }
  use->linked = pw_v8_linked_retain(linked);
  use->module.Reset(home->isolate, module);
  use->imports.Reset(home->isolate, make_imports(context, linked));
  use->next  = home->uses;
  home->uses = use;
  return use;
}

struct pw_v8_use *
pw_v8_use_take(struct pw_v8_isolate *home, struct pw_linked_module *linked)
{
  struct pw_v8_use *use = home->uses;

  while (use && use->linked != linked) {
    use = use->next;
  }
  if (!use) {
    use = use_new(home, linked);
  }
  if (use) {
    use->instances++;
  }
  return use;
}

void
pw_v8_use_give_back(struct pw_v8_isolate *home, struct pw_v8_use *use)
{
  struct pw_v8_use **link = &home->uses;

  if (!use || --use->instances > 0) {
    return;
  }
  while (*link != use) {
    link = &(*link)->next;
  }
  *link = use->next;
  pw_v8_linked_release(use->linked);
  delete use;
}
