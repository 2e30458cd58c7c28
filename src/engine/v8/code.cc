/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled code. It belongs to no isolate; one is made for as long as V8 compiles, and goes with all that it left. */
#include "isolate.h"

#include <cstdio>
#include <new>

struct pw_v8_code {
  v8::CompiledWasmModule module;
};

/* An isolate for the length of a scope. */
class Workshop
{
public:
  Workshop() : isolate(pw_v8_isolate_make(false))
  {
    isolate->Enter();
    pw_v8_profile(isolate);
  }
  ~Workshop()
  {
    isolate->Exit();
    pw_v8_dispose(isolate);
  }
  Workshop(const Workshop &)            = delete;
  Workshop &operator=(const Workshop &) = delete;

  v8::Isolate *const isolate;
};

static struct pw_v8_code *
wrap(v8::Local<v8::WasmModuleObject> module)
{
  return new (std::nothrow) pw_v8_code{module->GetCompiledModule()};
}

/* V8 says with which of its flags it would take a module: nobody here can set them. */
static void
name_proposal(const char *text, char *message, size_t room)
{
  static const char flag[] = "--experimental-wasm-";
  const char       *hint   = strstr(text, "(enable ");
  const char       *name   = hint ? strstr(hint, flag) : nullptr;
  const char       *end    = name ? strchr(name, ')') : nullptr;

  if (!end) {
    snprintf(message, room, "%s", text);
    return;
  }
  name += sizeof flag - 1;
  snprintf(message, room, "%.*s(this engine lacks the proposal %.*s%s", (int)(hint - text), text, (int)(end - name),
           name, end);
}

/* What V8 says, without the names of its own functions. */
static void
describe(v8::Isolate *isolate, const v8::TryCatch &caught, char *message, size_t room)
{
  static const char *const names[] = {
    "CompileError: ", "RangeError: ", "TypeError: ", "WasmModuleObject::Compile(): ", "WebAssembly.Module(): "};
  char        text[1024];
  const char *words = text;

  pw_v8_exception_text(isolate, caught, text, sizeof text);
  for (const char *name : names) {
    if (strncmp(words, name, strlen(name)) == 0) {
      words += strlen(name);
    }
  }
  name_proposal(words, message, room);
}

struct pw_v8_code *
pw_v8_code_compile(struct pw_view wasm, char *message, size_t room)
{
  Workshop                            workshop;
  v8::HandleScope                     handles(workshop.isolate);
  v8::Context::Scope                  context(v8::Context::New(workshop.isolate));
  v8::TryCatch                        caught(workshop.isolate);
  v8::Local<v8::WasmModuleObject>     module;
  const v8::MemorySpan<const uint8_t> bytes((const uint8_t *)wasm.data, wasm.size);

  if (!v8::WasmModuleObject::Compile(workshop.isolate, bytes).ToLocal(&module)) {
    describe(workshop.isolate, caught, message, room);
    return nullptr;
  }
  /* Code is named for profiles then. */
  pw_v8_run_tasks(workshop.isolate);
  snprintf(message, room, "out of memory");
  return wrap(module);
}

bool
pw_v8_code_serialize(const struct pw_v8_code *code, struct pw_bytes *out)
{
  v8::CompiledWasmModule module(code->module);
  v8::OwnedBuffer        bytes = module.Serialize();

  return bytes.size > 0 && pw_bytes_append(out, bytes.buffer.get(), bytes.size);
}

/* V8 takes serialised code in one place only: where a browser's cache hands it over, as a stream comes in. */
struct delivery {
  struct pw_view bytes;
  struct pw_view wasm;
};

static void
deliver(const v8::FunctionCallbackInfo<v8::Value> &info)
{
  v8::Isolate                       *isolate  = info.GetIsolate();
  const struct delivery             *delivery = (const struct delivery *)isolate->GetData(0);
  std::shared_ptr<v8::WasmStreaming> stream   = v8::WasmStreaming::Unpack(isolate, info.Data());

  if (!stream->SetCompiledModuleBytes((const uint8_t *)delivery->bytes.data, delivery->bytes.size)) {
    stream->Abort({});
    return;
  }
  stream->OnBytesReceived((const uint8_t *)delivery->wasm.data, delivery->wasm.size);
  stream->Finish();
}

static v8::Local<v8::Promise>
stream(v8::Local<v8::Context> context)
{
  v8::Isolate          *isolate = context->GetIsolate();
  v8::Local<v8::Object> wasm =
    context->Global()->Get(context, pw_v8_string(isolate, "WebAssembly")).ToLocalChecked().As<v8::Object>();
  v8::Local<v8::Value> function = wasm->Get(context, pw_v8_string(isolate, "compileStreaming")).ToLocalChecked();
  v8::Local<v8::Value> argument = v8::Undefined(isolate);
  v8::Local<v8::Value> promise;

  if (!function->IsFunction() || !function.As<v8::Function>()->Call(context, wasm, 1, &argument).ToLocal(&promise)) {
    return {};
  }
  return promise.As<v8::Promise>();
}

struct pw_v8_code *
pw_v8_code_deserialize(struct pw_view bytes, struct pw_view wasm)
{
  struct delivery delivery = {bytes, wasm};
  Workshop        workshop;
  v8::HandleScope handles(workshop.isolate);

  workshop.isolate->SetData(0, &delivery);
  workshop.isolate->SetWasmStreamingCallback(deliver);

  v8::Local<v8::Context> context = v8::Context::New(workshop.isolate);
  v8::Context::Scope     scope(context);
  v8::TryCatch           caught(workshop.isolate);
  v8::Local<v8::Promise> promise = stream(context);

  /* Where `deliver` is called. */
  workshop.isolate->PerformMicrotaskCheckpoint();
  /* Taken at once; when V8 refuses the bytes it would begin to compile, which ends with the isolate. */
  if (promise.IsEmpty() || promise->State() != v8::Promise::kFulfilled || !promise->Result()->IsWasmModuleObject()) {
    return nullptr;
  }
  pw_v8_run_tasks(workshop.isolate);
  return wrap(promise->Result().As<v8::WasmModuleObject>());
}

const v8::CompiledWasmModule *
pw_v8_code_module(const struct pw_v8_code *code)
{
  return &code->module;
}

struct pw_view
pw_v8_code_wasm(const struct pw_v8_code *code)
{
  v8::CompiledWasmModule              module(code->module);
  const v8::MemorySpan<const uint8_t> bytes = module.GetWireBytesRef();

  return pw_view_make(bytes.data(), bytes.size());
}

void
pw_v8_code_delete(struct pw_v8_code *code)
{
  delete code;
}
