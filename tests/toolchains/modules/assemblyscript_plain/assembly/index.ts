// SPDX-License-Identifier: Apache-2.0
//
// A module as the runtime's own documentation has it: every callback exported, nothing overridden that need not be.

export * from "@solo-io/proxy-runtime/proxy";
import { Context, FilterHeadersStatusValues, RootContext, registerRootContext, stream_context } from "@solo-io/proxy-runtime";

class Plugin extends RootContext {
  createContext(context_id: u32): Context {
    return new Stream(context_id, this);
  }
}

class Stream extends Context {
  constructor(context_id: u32, plugin: Plugin) {
    super(context_id, plugin);
  }

  onRequestHeaders(_header_count: u32, _end_of_stream: bool): FilterHeadersStatusValues {
    stream_context.headers.request.add("x-plain", "yes");
    return FilterHeadersStatusValues.Continue;
  }
}

registerRootContext((context_id: u32) => {
  return new Plugin(context_id);
}, "plain");
