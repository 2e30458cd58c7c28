# SPDX-License-Identifier: Apache-2.0
"""The settings of a private Traffic Server that differ from the package's."""

RUNROOT_DIRECTORIES = {"sysconfdir": "etc", "localstatedir": "var", "runtimedir": "run", "logdir": "log",
                       "cachedir": "cache"}

# Without this file the server refuses everybody.
IP_ALLOW = """\
ip_allow:
  - apply: in
    ip_addrs: 127.0.0.1
    action: allow
    methods: ALL
"""


def default_records():
    return {
        # A private instance: stays who it is, writes everything into its own directory.
        "admin.user_id": "#-1",
        "crash_log_helper": "NULL",
        "core_limit": 0,
        "syslog_facility": "LOG_DAEMON",
        "diags.output.error": "L",
        "diags.output.fatal": "L",
        "diags.output.emergency": "L",
        "log.max_secs_per_buffer": 1,
        "log.periodic_tasks_interval": 1,
        # Small and quick to start.
        "exec_thread.autoconfig": 0,
        "task_threads": 1,
        "accept_threads": 0,
        "cache.threads_per_disk": 1,
        "cache.ram_cache.size": 8 << 20,
        # The cache serves from the first request on, and only what says that it may be cached.
        "http.wait_for_cache": 2,
        "http.cache.required_headers": 2,
        # What the origin sees is what the client or a module wrote.
        "url_remap.pristine_host_hdr": 1,
        "url_remap.remap_required": 1,
        "http.insert_request_via_str": 0,
        "http.insert_response_via_str": 0,
        "http.normalize_ae": 0,
        # An origin that fails is told at once.
        "http.connect_attempts_max_retries": 0,
        "http.connect_attempts_max_retries_dead_server": 0,
        "http.connect_attempts_timeout": 5,
        "http.down_server.cache_time": 0,
        # A client that takes small answers gives small windows back, and one that was answered early gives up what it
        # has not sent: neither is an enemy.
        "http2.max_rst_stream_frames_per_minute": 1000000,
        "http2.min_avg_window_update": 0.0,
        "http2.stream_error_rate_threshold": 1.0,
        # Statistics are published soon.
        "raw_stat_sync_interval_ms": 200,
        "config_update_interval_ms": 200,
    }


def _line(name, value):
    if isinstance(value, int):
        return f"CONFIG proxy.config.{name} INT {value}"
    if isinstance(value, float):
        return f"CONFIG proxy.config.{name} FLOAT {value}"
    return f"CONFIG proxy.config.{name} STRING {value}"


def records_text(records):
    """The text of records.config."""
    return "".join(_line(name, value) + "\n" for name, value in records.items())
