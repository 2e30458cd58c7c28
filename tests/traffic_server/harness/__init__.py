# SPDX-License-Identifier: Apache-2.0
"""A private Traffic Server, an origin and clients: what the tests, the demo and the benchmarks stand on.

Only the standard library is needed, except for http2 (python3-h2). Everything binds 127.0.0.1 on free ports, and
everything that was started is stopped by its process id.
"""
