// SPDX-License-Identifier: Apache-2.0

// A header filter: adds a header to each request and to each response, counts requests, and logs them.
// The plugin's configuration, if it has one, is the value of the header.
package main

import (
	"math"
	"proxywasm"
)

const (
	header = "x-filtered-by"
	metric = "example_go_requests"
)

type plugin struct {
	requests uint32 // id of the metric
	name     string
}

// By context: a root context has the plugin's data, and each stream context shares its root's.
var plugins = map[uint32]*plugin{}

//go:wasmexport proxy_on_context_create
func onContextCreate(contextID, parentContextID uint32) {
	if parentContextID == 0 {
		plugins[contextID] = &plugin{name: "proxywasm-go"}
	} else {
		plugins[contextID] = plugins[parentContextID]
	}
}

//go:wasmexport proxy_on_delete
func onDelete(contextID uint32) {
	delete(plugins, contextID)
}

//go:wasmexport proxy_on_configure
func onConfigure(contextID, configurationSize uint32) bool {
	plugin := plugins[contextID]
	if configurationSize > 0 {
		configuration, err := proxywasm.GetBuffer(proxywasm.PluginConfiguration, 0, math.MaxUint32)
		if err != nil {
			proxywasm.Log(proxywasm.Error, "the configuration cannot be read: "+err.Error())
			return false
		}
		plugin.name = string(configuration)
	}
	var err error
	plugin.requests, err = proxywasm.DefineMetric(proxywasm.Counter, metric)
	return err == nil
}

// Replaced, not added: a value that the other side sent under this name is not ours.
func setHeader(headers proxywasm.Map, contextID uint32) {
	if err := proxywasm.ReplaceHeader(headers, header, plugins[contextID].name); err != nil {
		proxywasm.Log(proxywasm.Error, "the header cannot be set: "+err.Error())
	}
}

//go:wasmexport proxy_on_request_headers
func onRequestHeaders(contextID, headerCount, endOfStream uint32) proxywasm.Action {
	proxywasm.IncrementMetric(plugins[contextID].requests, 1)
	method, _ := proxywasm.GetHeader(proxywasm.HTTPRequestHeaders, ":method")
	path, _ := proxywasm.GetHeader(proxywasm.HTTPRequestHeaders, ":path")
	proxywasm.Logf(proxywasm.Info, "request: %s %s", method, path)
	setHeader(proxywasm.HTTPRequestHeaders, contextID)
	return proxywasm.Continue
}

//go:wasmexport proxy_on_response_headers
func onResponseHeaders(contextID, headerCount, endOfStream uint32) proxywasm.Action {
	setHeader(proxywasm.HTTPResponseHeaders, contextID)
	return proxywasm.Continue
}

func main() {}
