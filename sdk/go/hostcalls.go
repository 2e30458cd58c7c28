// SPDX-License-Identifier: Apache-2.0

package proxywasm

import "unsafe"

// The functions of the ABI that this package uses, as the ABI text (0.2.1) has them. A string and a slice is an address
// and a size; what the host returns is written to the addresses of an address and a size.

//go:wasmimport env proxy_log
func proxyLog(level LogLevel, message string) Status

//go:wasmimport env proxy_get_log_level
func proxyGetLogLevel(level *LogLevel) Status

//go:wasmimport env proxy_done
func proxyDone() Status

//go:wasmimport env proxy_set_effective_context
func proxySetEffectiveContext(contextID uint32) Status

//go:wasmimport env proxy_set_tick_period_milliseconds
func proxySetTickPeriodMilliseconds(period uint32) Status

//go:wasmimport env proxy_get_buffer_bytes
func proxyGetBufferBytes(buffer Buffer, start, maximum uint32, data *uint32, size *uint32) Status

//go:wasmimport env proxy_set_buffer_bytes
func proxySetBufferBytes(buffer Buffer, start, size uint32, value string) Status

//go:wasmimport env proxy_get_header_map_pairs
func proxyGetHeaderMapPairs(headers Map, data *uint32, size *uint32) Status

//go:wasmimport env proxy_set_header_map_pairs
func proxySetHeaderMapPairs(headers Map, pairs string) Status

//go:wasmimport env proxy_get_header_map_value
func proxyGetHeaderMapValue(headers Map, key string, data *uint32, size *uint32) Status

//go:wasmimport env proxy_add_header_map_value
func proxyAddHeaderMapValue(headers Map, key, value string) Status

//go:wasmimport env proxy_replace_header_map_value
func proxyReplaceHeaderMapValue(headers Map, key, value string) Status

//go:wasmimport env proxy_remove_header_map_value
func proxyRemoveHeaderMapValue(headers Map, key string) Status

//go:wasmimport env proxy_continue_stream
func proxyContinueStream(stream Stream) Status

//go:wasmimport env proxy_send_local_response
func proxySendLocalResponse(status uint32, details, body, headers string, grpcStatus int32) Status

//go:wasmimport env proxy_http_call
func proxyHTTPCall(upstream, headers, body, trailers string, timeout uint32, callID *uint32) Status

//go:wasmimport env proxy_define_metric
func proxyDefineMetric(kind MetricType, name string, id *uint32) Status

//go:wasmimport env proxy_increment_metric
func proxyIncrementMetric(id uint32, delta int64) Status

//go:wasmimport env proxy_record_metric
func proxyRecordMetric(id uint32, value uint64) Status

//go:wasmimport env proxy_get_property
func proxyGetProperty(path string, data *uint32, size *uint32) Status

//go:wasmimport env proxy_set_property
func proxySetProperty(path, value string) Status

//go:wasmimport env proxy_get_shared_data
func proxyGetSharedData(key string, data *uint32, size, cas *uint32) Status

//go:wasmimport env proxy_set_shared_data
func proxySetSharedData(key, value string, cas uint32) Status

//go:wasmexport proxy_abi_version_0_2_1
func abiVersion() {}

// What the host was given to write to, until take() takes it: memory that only the host knows would be collected.
var allocated = map[uint32][]byte{}

//go:wasmexport proxy_on_memory_allocate
func allocate(size uint32) uint32 {
	memory := make([]byte, max(size, 1))
	address := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(memory))))
	allocated[address] = memory
	return address
}

// What the host returned.
func take(address, size uint32) []byte {
	memory := allocated[address]
	delete(allocated, address)
	return memory[:min(size, uint32(len(memory)))]
}
