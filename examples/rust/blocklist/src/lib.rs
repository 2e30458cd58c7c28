// SPDX-License-Identifier: Apache-2.0
//! Refuses clients whose address is in a list, which it fetches from a server when it starts, and again from time to
//! time. The plugin's configuration is the number of seconds between (300 if there is none). The server is the upstream
//! "lists"; the list has an address on each line.
//!
//! Requests that come before the first list has been fetched wait for it. When it cannot be fetched they are answered
//! with 503; later a list that is old is better than none.

use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

const UPSTREAM: &str = "lists";
const TIMEOUT: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_secs(1);

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Plugin::default()) });
}}

/// What the plugin and its streams share.
#[derive(Default)]
struct State {
    list: Option<HashSet<String>>,
    /// Streams that wait for the first list.
    waiting: Vec<u32>,
}

/// Lets the effective stream go on, or not.
fn decide(state: &State) -> Action {
    let reply = |status, body: &[u8]| {
        // A stream that is over needs no answer.
        let _ = hostcalls::send_http_response(status, vec![], Some(body));
        Action::Pause
    };
    let Some(list) = &state.list else { return reply(503, b"The block list is not there.\n") };
    // Whose address cannot be told is not let in.
    let Some(address) = hostcalls::get_property(vec!["source", "address"]).ok().flatten() else {
        return reply(403, b"Blocked.\n");
    };
    let address = String::from_utf8_lossy(&address).into_owned();
    // "127.0.0.1:1234", "[::1]:1234"
    let host = address.rsplit_once(':').map_or(&*address, |(host, _)| host).trim_matches(['[', ']']);
    if list.contains(host) {
        return reply(403, b"Blocked.\n");
    }
    Action::Continue
}

struct Plugin {
    period: Duration,
    state: Rc<RefCell<State>>,
}

impl Default for Plugin {
    fn default() -> Self {
        Plugin { period: Duration::from_secs(300), state: Rc::default() }
    }
}

impl Plugin {
    fn fetch(&self) {
        let headers = vec![(":method", "GET"), (":path", "/blocklist"), (":authority", UPSTREAM)];
        if self.dispatch_http_call(UPSTREAM, headers, None, vec![], TIMEOUT).is_err() {
            error!("the list cannot be asked for: is the upstream '{UPSTREAM}' configured?");
        }
        self.set_next_tick();
    }

    /// Should nothing come of a call, the next tick tries again.
    fn set_next_tick(&self) {
        self.set_tick_period(if self.state.borrow().list.is_some() { self.period } else { RETRY });
    }

    fn release_waiting(&self) {
        let waiting = std::mem::take(&mut self.state.borrow_mut().waiting);
        for context in waiting {
            if hostcalls::set_effective_context(context).is_ok() && decide(&self.state.borrow()) == Action::Continue {
                let _ = hostcalls::resume_http_request();
            }
        }
    }
}

impl Context for Plugin {
    fn on_http_call_response(&mut self, _call: u32, _header_count: usize, body_size: usize, _trailer_count: usize) {
        // A call that failed has no headers, and so no status.
        if self.get_http_call_response_header(":status").as_deref() == Some("200") {
            let body = self.get_http_call_response_body(0, body_size).unwrap_or_default();
            let lines = String::from_utf8_lossy(&body);
            self.state.borrow_mut().list = Some(lines.lines().map(String::from).collect());
            info!("a list of {body_size} bytes was fetched");
        } else {
            error!("the list could not be fetched");
        }
        self.set_next_tick();
        self.release_waiting();
    }
}

impl RootContext for Plugin {
    fn on_configure(&mut self, _configuration_size: usize) -> bool {
        if let Some(text) = self.get_plugin_configuration().filter(|text| !text.is_empty()) {
            match String::from_utf8_lossy(&text).parse::<u64>() {
                Ok(seconds @ 1..=86400) => self.period = Duration::from_secs(seconds),
                _ => {
                    error!("the configuration has to be a number of seconds, 86400 at most");
                    return false;
                }
            }
        }
        self.fetch();
        true
    }

    fn on_tick(&mut self) {
        self.fetch();
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { context_id, state: self.state.clone() }))
    }
}

struct Stream {
    context_id: u32,
    state: Rc<RefCell<State>>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.state.borrow_mut().waiting.retain(|context| *context != self.context_id);
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _header_count: usize, _end_of_stream: bool) -> Action {
        let mut state = self.state.borrow_mut();
        if state.list.is_none() {
            state.waiting.push(self.context_id);
            return Action::Pause;
        }
        decide(&state)
    }
}
