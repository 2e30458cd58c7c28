// SPDX-License-Identifier: Apache-2.0
//! Lets a request pass only if its header "token" is a prime number; others are answered with 403.

use log::trace;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Filter) });
}}

struct Filter;

impl Context for Filter {}

impl RootContext for Filter {
    fn on_vm_start(&mut self, _configuration_size: usize) -> bool {
        trace!("Hello, World!");
        true
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Request { context_id }))
    }
}

fn power(base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let multiply = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64;
    let (mut base, mut result) = (base % modulus, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

/// Miller and Rabin's test, which the primes up to 37 as bases make exact for every number of 64 bits. Division by
/// every smaller number would keep the proxy for seconds with a large token; this takes microseconds.
fn is_prime(number: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if number < 2 || BASES.iter().any(|base| number % base == 0) {
        return BASES.contains(&number);
    }
    let twos = (number - 1).trailing_zeros();
    let odd = (number - 1) >> twos;
    BASES.iter().all(|base| {
        power(*base, odd, number) == 1 || (0..twos).any(|two| power(*base, odd << two, number) == number - 1)
    })
}

fn is_allowed(token: &str) -> bool {
    token.parse().is_ok_and(is_prime)
}

struct Request {
    context_id: u32,
}

impl Context for Request {}

impl HttpContext for Request {
    fn on_http_request_headers(&mut self, _header_count: usize, _end_of_stream: bool) -> Action {
        for (name, value) in self.get_http_request_headers() {
            trace!("In WASM: #{} -> {name}: {value}", self.context_id);
        }
        if let Some(agent) = self.get_http_request_header("User-Agent").filter(|agent| !agent.is_empty()) {
            trace!("UA is {agent}");
        }
        if self.get_http_request_header("token").is_some_and(|token| is_allowed(&token)) {
            trace!("It is prime!!!");
            return Action::Continue;
        }
        trace!("It is not prime!!! That's true.");
        self.send_http_response(403, vec![("Powered-By", "proxy-wasm")], Some(b"Access forbidden.\n"));
        Action::Pause
    }
}
