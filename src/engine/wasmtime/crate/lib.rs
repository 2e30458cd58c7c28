// SPDX-License-Identifier: Apache-2.0
//! All of Wasmtime's C API, as a shared object.
extern crate wasmtime_c_api;
