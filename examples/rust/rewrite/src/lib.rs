// SPDX-License-Identifier: Apache-2.0
//! Replaces a text by another one in bodies. The plugin's configuration is "FROM=TO".
//!
//! - Responses as they stream: each piece goes on at once, but for the few bytes at its end that may be the beginning of
//!   FROM. Nothing is held in memory, however large the body is.
//! - Requests buffered until the end: the body is held back, piece by piece, and rewritten when it is whole.

use log::error;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use std::rc::Rc;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Plugin::default()) });
}}

#[derive(Default)]
struct Rule {
    from: Vec<u8>,
    to: Vec<u8>,
}

impl Rule {
    fn read(text: &[u8]) -> Option<Rule> {
        let equals = text.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
        Some(Rule { from: text[..equals].to_vec(), to: text[equals + 1..].to_vec() })
    }

    /// Rewrites `input`, and takes out what was used of it: all at the end of the body, else all but an end that may
    /// become FROM with the next piece.
    fn rewrite(&self, input: &mut Vec<u8>, whole: bool) -> Vec<u8> {
        let mut output = Vec::with_capacity(input.len());
        let mut at = 0;
        while at < input.len() {
            let rest = &input[at..];
            if rest.starts_with(&self.from) {
                output.extend_from_slice(&self.to);
                at += self.from.len();
            } else if !whole && self.from.starts_with(rest) {
                break;
            } else {
                output.push(rest[0]);
                at += 1;
            }
        }
        input.drain(..at);
        output
    }
}

#[derive(Default)]
struct Plugin {
    rule: Rc<Rule>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _configuration_size: usize) -> bool {
        match self.get_plugin_configuration().and_then(|text| Rule::read(&text)) {
            Some(rule) => self.rule = Rc::new(rule),
            None => {
                error!("the configuration has to be FROM=TO");
                return false;
            }
        }
        true
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { rule: self.rule.clone(), kept: Vec::new() }))
    }
}

struct Stream {
    rule: Rc<Rule>,
    /// Of the response: what was held back of the piece before, always fewer bytes than FROM has.
    kept: Vec<u8>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _header_count: usize, end_of_stream: bool) -> Action {
        // The length changes: the proxy sees to the framing.
        if !end_of_stream {
            self.set_http_request_header("content-length", None);
        }
        Action::Continue
    }

    fn on_http_request_body(&mut self, body_size: usize, end_of_stream: bool) -> Action {
        if !end_of_stream {
            // What is paused adds up: the next call has it all, and `limits.body` says how much that may be.
            return Action::Pause;
        }
        if let Some(mut body) = self.get_http_request_body(0, body_size) {
            let rewritten = self.rule.rewrite(&mut body, true);
            self.set_http_request_body(0, body_size, &rewritten);
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _header_count: usize, end_of_stream: bool) -> Action {
        if !end_of_stream {
            self.set_http_response_header("content-length", None);
        }
        Action::Continue
    }

    fn on_http_response_body(&mut self, body_size: usize, end_of_stream: bool) -> Action {
        self.kept.extend(self.get_http_response_body(0, body_size).unwrap_or_default());
        let rewritten = self.rule.rewrite(&mut self.kept, end_of_stream);
        self.set_http_response_body(0, body_size, &rewritten);
        Action::Continue
    }
}
