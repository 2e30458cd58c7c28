// SPDX-License-Identifier: Apache-2.0
//! A header filter: adds a header to each request and to each response, counts requests, and logs them.
//! The plugin's configuration, if it has one, is the value of the header.

use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MetricType};
use std::rc::Rc;

const HEADER: &str = "x-filtered-by";
const METRIC: &str = "example_rust_requests";

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Plugin::default()) });
}}

struct Plugin {
    requests: u32,
    name: Rc<str>,
}

impl Default for Plugin {
    fn default() -> Self {
        Plugin { requests: 0, name: "proxywasm-rust".into() }
    }
}

impl Plugin {
    fn read_configuration(&mut self) -> Result<(), String> {
        if let Some(bytes) = self.get_plugin_configuration().filter(|bytes| !bytes.is_empty()) {
            let text = String::from_utf8(bytes).map_err(|error| format!("the configuration is no text: {error}"))?;
            self.name = text.into();
        }
        self.requests = hostcalls::define_metric(MetricType::Counter, METRIC)
            .map_err(|status| format!("the metric {METRIC} cannot be defined: {status:?}"))?;
        Ok(())
    }
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_vm_start(&mut self, _configuration_size: usize) -> bool {
        // Lines that the host would drop need not be made.
        if let Ok(level) = hostcalls::get_log_level() {
            proxy_wasm::set_log_level(level);
        }
        true
    }

    fn on_configure(&mut self, _configuration_size: usize) -> bool {
        let result = self.read_configuration();
        if let Err(message) = &result {
            error!("{message}");
        }
        result.is_ok()
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { requests: self.requests, name: self.name.clone() }))
    }
}

struct Stream {
    requests: u32,
    name: Rc<str>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _header_count: usize, _end_of_stream: bool) -> Action {
        // An id that the host gave is one it knows: there is nothing to do if it should not.
        let _ = hostcalls::increment_metric(self.requests, 1);
        if log::log_enabled!(log::Level::Info) {
            let method = self.get_http_request_header(":method").unwrap_or_default();
            let path = self.get_http_request_header(":path").unwrap_or_default();
            info!("request: {method} {path}");
        }
        // Replaced, not added: a value that the other side sent under this name is not ours.
        self.set_http_request_header(HEADER, Some(&self.name));
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _header_count: usize, _end_of_stream: bool) -> Action {
        self.set_http_response_header(HEADER, Some(&self.name));
        Action::Continue
    }
}
