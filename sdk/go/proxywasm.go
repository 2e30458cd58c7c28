// SPDX-License-Identifier: Apache-2.0

// Package proxywasm is a small SDK for Proxy-Wasm modules (ABI 0.2.1) in standard Go, 1.24 or later.
//
// A module defines the callbacks that it wants, and no others, each with its name in the ABI text:
//
//	//go:wasmexport proxy_on_request_headers
//	func onRequestHeaders(contextID, headerCount, endOfStream uint32) proxywasm.Action {
//		proxywasm.ReplaceHeader(proxywasm.HTTPRequestHeaders, "x-hello", "world")
//		return proxywasm.Continue
//	}
//
//	func main() {} // never runs
//
// and is built with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared. Functions that ask the host return its status
// as an error: nil, or a Status.
package proxywasm

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Status is what the host answers.
type Status uint32

// The statuses of the ABI text.
const (
	OK                   Status = 0
	NotFound             Status = 1
	BadArgument          Status = 2
	SerializationFailure Status = 3
	ParseFailure         Status = 4
	InvalidMemoryAccess  Status = 6
	Empty                Status = 7
	CASMismatch          Status = 8
	InternalFailure      Status = 10
	Unimplemented        Status = 12
)

func (status Status) Error() string {
	return fmt.Sprintf("the host answered status %d", uint32(status))
}

func asError(status Status) error {
	if status == OK {
		return nil
	}
	return status
}

// Action is what a stream callback answers.
type Action uint32

// The actions of the ABI text.
const (
	Continue Action = 0
	Pause    Action = 1
)

// LogLevel of a log line.
type LogLevel uint32

// The log levels of the ABI text.
const (
	Trace    LogLevel = 0
	Debug    LogLevel = 1
	Info     LogLevel = 2
	Warn     LogLevel = 3
	Error    LogLevel = 4
	Critical LogLevel = 5
)

// Buffer names bytes that the host keeps.
type Buffer uint32

// The buffers of the ABI text.
const (
	HTTPRequestBody          Buffer = 0
	HTTPResponseBody         Buffer = 1
	DownstreamData           Buffer = 2
	UpstreamData             Buffer = 3
	HTTPCallResponseBody     Buffer = 4
	GRPCCallMessage          Buffer = 5
	VMConfiguration          Buffer = 6
	PluginConfiguration      Buffer = 7
	ForeignFunctionArguments Buffer = 8
)

// Map names headers, trailers or metadata that the host keeps.
type Map uint32

// The maps of the ABI text.
const (
	HTTPRequestHeaders       Map = 0
	HTTPRequestTrailers      Map = 1
	HTTPResponseHeaders      Map = 2
	HTTPResponseTrailers     Map = 3
	GRPCCallInitialMetadata  Map = 4
	GRPCCallTrailingMetadata Map = 5
	HTTPCallResponseHeaders  Map = 6
	HTTPCallResponseTrailers Map = 7
)

// Stream names a direction.
type Stream uint32

// The stream types of the ABI text.
const (
	HTTPRequest  Stream = 0
	HTTPResponse Stream = 1
	Downstream   Stream = 2
	Upstream     Stream = 3
)

// MetricType says how a metric counts.
type MetricType uint32

// The metric types of the ABI text.
const (
	Counter   MetricType = 0
	Gauge     MetricType = 1
	Histogram MetricType = 2
)

// Pair is a header, a trailer or a metadata element.
type Pair struct{ Key, Value string }

// Log writes a line.
func Log(level LogLevel, message string) {
	proxyLog(level, message)
}

// Logf writes a formatted line, unless the host would drop it.
func Logf(level LogLevel, format string, arguments ...any) {
	var wanted LogLevel
	if proxyGetLogLevel(&wanted) == OK && level >= wanted {
		proxyLog(level, fmt.Sprintf(format, arguments...))
	}
}

// Done lets a context go whose on_done answered false.
func Done() error {
	return asError(proxyDone())
}

// SetEffectiveContext makes the functions here speak of another context until the callback ends.
func SetEffectiveContext(contextID uint32) error {
	return asError(proxySetEffectiveContext(contextID))
}

// SetTickPeriod asks for proxy_on_tick every so many milliseconds; 0 stops it.
func SetTickPeriod(milliseconds uint32) error {
	return asError(proxySetTickPeriodMilliseconds(milliseconds))
}

// GetBuffer returns up to maximum bytes from start.
func GetBuffer(buffer Buffer, start, maximum uint32) ([]byte, error) {
	var data, size uint32
	if status := proxyGetBufferBytes(buffer, start, maximum, &data, &size); status != OK {
		return nil, status
	}
	return take(data, size), nil
}

// SetBuffer replaces size bytes from start. 0 and math.MaxUint32 replace everything.
func SetBuffer(buffer Buffer, start, size uint32, value []byte) error {
	return asError(proxySetBufferBytes(buffer, start, size, string(value)))
}

// GetHeader returns the value of a header; several values come as the host joins them.
func GetHeader(headers Map, key string) (string, error) {
	var data, size uint32
	if status := proxyGetHeaderMapValue(headers, key, &data, &size); status != OK {
		return "", status
	}
	return string(take(data, size)), nil
}

// GetHeaders returns every pair of a map.
func GetHeaders(headers Map) ([]Pair, error) {
	var data, size uint32
	if status := proxyGetHeaderMapPairs(headers, &data, &size); status != OK {
		return nil, status
	}
	return parsePairs(take(data, size))
}

// SetHeaders replaces a whole map.
func SetHeaders(headers Map, pairs []Pair) error {
	return asError(proxySetHeaderMapPairs(headers, serializePairs(pairs)))
}

// AddHeader adds one more value.
func AddHeader(headers Map, key, value string) error {
	return asError(proxyAddHeaderMapValue(headers, key, value))
}

// ReplaceHeader makes this the only value, whether or not the key is there.
func ReplaceHeader(headers Map, key, value string) error {
	return asError(proxyReplaceHeaderMapValue(headers, key, value))
}

// RemoveHeader removes all values.
func RemoveHeader(headers Map, key string) error {
	return asError(proxyRemoveHeaderMapValue(headers, key))
}

// ContinueStream goes on with a paused direction.
func ContinueStream(stream Stream) error {
	return asError(proxyContinueStream(stream))
}

// SendLocalResponse answers the client instead; the callback should then return Pause.
func SendLocalResponse(status uint32, headers []Pair, body string) error {
	return asError(proxySendLocalResponse(status, "", body, serializePairs(headers), -1))
}

// HTTPCall asks another server. The answer comes to proxy_on_http_call_response with the id that is returned here.
func HTTPCall(upstream string, headers []Pair, body string, timeoutMilliseconds uint32) (uint32, error) {
	var id uint32
	status := proxyHTTPCall(upstream, serializePairs(headers), body, "", timeoutMilliseconds, &id)
	return id, asError(status)
}

// DefineMetric returns the id of a metric, which is made if it is not there.
func DefineMetric(kind MetricType, name string) (uint32, error) {
	var id uint32
	status := proxyDefineMetric(kind, name, &id)
	return id, asError(status)
}

// IncrementMetric changes a counter or a gauge.
func IncrementMetric(id uint32, delta int64) error {
	return asError(proxyIncrementMetric(id, delta))
}

// RecordMetric sets a gauge, or gives a histogram a sample.
func RecordMetric(id uint32, value uint64) error {
	return asError(proxyRecordMetric(id, value))
}

// GetProperty returns a property in the ABI's serialization: GetProperty("request", "path").
func GetProperty(path ...string) ([]byte, error) {
	var data, size uint32
	if status := proxyGetProperty(strings.Join(path, "\x00"), &data, &size); status != OK {
		return nil, status
	}
	return take(data, size), nil
}

// SetProperty sets a property.
func SetProperty(value string, path ...string) error {
	return asError(proxySetProperty(strings.Join(path, "\x00"), value))
}

// GetSharedData returns a value that VMs share, and its number for SetSharedData.
func GetSharedData(key string) ([]byte, uint32, error) {
	var data, size, cas uint32
	if status := proxyGetSharedData(key, &data, &size, &cas); status != OK {
		return nil, 0, status
	}
	return take(data, size), cas, nil
}

// SetSharedData sets a value, if cas is 0 or its current number.
func SetSharedData(key, value string, cas uint32) error {
	return asError(proxySetSharedData(key, value, cas))
}

// Pairs are a count, the sizes of each key and value, and each key and value with a NUL after it.
func serializePairs(pairs []Pair) string {
	if len(pairs) == 0 {
		return ""
	}
	bytes := binary.LittleEndian.AppendUint32(nil, uint32(len(pairs)))
	for _, pair := range pairs {
		bytes = binary.LittleEndian.AppendUint32(bytes, uint32(len(pair.Key)))
		bytes = binary.LittleEndian.AppendUint32(bytes, uint32(len(pair.Value)))
	}
	for _, pair := range pairs {
		bytes = append(append(append(append(bytes, pair.Key...), 0), pair.Value...), 0)
	}
	return string(bytes)
}

func parsePairs(bytes []byte) ([]Pair, error) {
	if len(bytes) < 4 {
		return nil, nil
	}
	count := uint64(binary.LittleEndian.Uint32(bytes))
	sizes := bytes[4:]
	if count > uint64(len(sizes))/8 {
		return nil, ParseFailure
	}
	text := string(sizes[8*count:])
	part := func(index uint64) (string, bool) {
		size := uint64(binary.LittleEndian.Uint32(sizes[4*index:]))
		if size >= uint64(len(text)) {
			return "", false
		}
		value := text[:size]
		text = text[size+1:]
		return value, true
	}
	pairs := make([]Pair, count)
	for i := range pairs {
		key, hasKey := part(2 * uint64(i))
		value, hasValue := part(2*uint64(i) + 1)
		if !hasKey || !hasValue {
			return nil, ParseFailure
		}
		pairs[i] = Pair{key, value}
	}
	return pairs, nil
}
