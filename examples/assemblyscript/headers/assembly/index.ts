// SPDX-License-Identifier: Apache-2.0
//
// A header filter: adds a header to each request and to each response, counts requests, and logs them.
// The plugin's configuration, if it has one, is the value of the header.

// The callbacks, as the host calls them. Those that are not named cost nothing.
export {
  proxy_abi_version_0_2_0,
  malloc,
  proxy_on_context_create,
  proxy_on_configure,
  proxy_on_request_headers,
  proxy_on_response_headers,
  proxy_on_done,
  proxy_on_delete,
} from "@solo-io/proxy-runtime/proxy";
import {
  Context,
  Counter,
  FilterHeadersStatusValues,
  LogLevelValues,
  RootContext,
  log,
  registerRootContext,
  stream_context,
} from "@solo-io/proxy-runtime";
import { BufferTypeValues, get_buffer_bytes } from "@solo-io/proxy-runtime/runtime";

const HEADER = "x-filtered-by";
const METRIC = "example_assemblyscript_requests";

class Plugin extends RootContext {
  name: string = "proxywasm-assemblyscript";
  requests: Counter = new Counter(METRIC);

  // The runtime's own onConfigure gives the address of the configuration's size wrongly, and is not called.
  onConfigure(configuration_size: u32): bool {
    if (configuration_size > 0) {
      this.name = String.UTF8.decode(get_buffer_bytes(BufferTypeValues.PluginConfiguration, 0, configuration_size));
    }
    return true;
  }

  createContext(context_id: u32): Context {
    return new Stream(context_id, this);
  }
}

class Stream extends Context {
  constructor(context_id: u32, plugin: Plugin) {
    super(context_id, plugin);
  }

  onRequestHeaders(_header_count: u32, _end_of_stream: bool): FilterHeadersStatusValues {
    const plugin = this.root_context as Plugin;
    const request = stream_context.headers.request;
    plugin.requests.increment(1);
    log(LogLevelValues.info, "request: " + request.get(":method") + " " + request.get(":path"));
    // Replaced, not added: a value that the other side sent under this name is not ours.
    request.replace(HEADER, plugin.name);
    return FilterHeadersStatusValues.Continue;
  }

  onResponseHeaders(_header_count: u32, _end_of_stream: bool): FilterHeadersStatusValues {
    stream_context.headers.response.replace(HEADER, (this.root_context as Plugin).name);
    return FilterHeadersStatusValues.Continue;
  }
}

// By the root_id of the plugin's configuration: "headers", or none.
registerRootContext((context_id: u32) => new Plugin(context_id), "headers");
registerRootContext((context_id: u32) => new Plugin(context_id), "");
