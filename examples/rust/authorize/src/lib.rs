// SPDX-License-Identifier: Apache-2.0
//! Asks a server whether a request may pass. The request is held until the answer comes:
//!
//! - 2xx: it passes; x-user of the answer goes with it
//! - 401, 403: this is the client's answer, too, with the body that came
//! - anything else: 503; who cannot ask does not let pass
//!
//! The server is the upstream "auth" of the plugin's configuration.

use log::warn;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};
use std::time::Duration;

const UPSTREAM: &str = "auth";
const TIMEOUT: Duration = Duration::from_secs(2);
const SORRY: &[u8] = b"Authorization cannot be asked for.\n";

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_http_context(|_, _| -> Box<dyn HttpContext> { Box::new(Stream) });
}}

struct Stream;

impl Stream {
    fn refuse(&self, status: u32, body: &[u8]) {
        let headers = if status == 401 { vec![("www-authenticate", "Bearer")] } else { vec![] };
        self.send_http_response(status, headers, Some(body));
    }
}

impl Context for Stream {
    // The SDK remembers which stream made the call, and that it is meant here.
    fn on_http_call_response(&mut self, _call: u32, _header_count: usize, body_size: usize, _trailer_count: usize) {
        // A call that failed has no headers, and so no status.
        let status = self.get_http_call_response_header(":status").and_then(|text| text.parse().ok()).unwrap_or(0);
        match status {
            200..=299 => {
                if let Some(user) = self.get_http_call_response_header("x-user") {
                    self.set_http_request_header("x-user", Some(&user));
                }
                self.resume_http_request();
            }
            401 | 403 => {
                let body = self.get_http_call_response_body(0, body_size).unwrap_or_default();
                self.refuse(status, &body);
            }
            _ => {
                warn!("authorization failed with status {status}");
                self.refuse(503, SORRY);
            }
        }
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _header_count: usize, _end_of_stream: bool) -> Action {
        // Only we say who a user is.
        self.set_http_request_header("x-user", None);
        let token = self.get_http_request_header("authorization").unwrap_or_default();
        let method = self.get_http_request_header(":method").unwrap_or_default();
        let path = self.get_http_request_header(":path").unwrap_or_default();
        let headers = vec![
            (":method", "GET"),
            (":path", "/check"),
            (":authority", UPSTREAM),
            ("authorization", &token),
            ("x-method", &method),
            ("x-path", &path),
        ];
        if self.dispatch_http_call(UPSTREAM, headers, None, vec![], TIMEOUT).is_err() {
            self.refuse(503, SORRY);
        }
        Action::Pause
    }
}
