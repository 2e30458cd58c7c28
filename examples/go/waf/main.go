// SPDX-License-Identifier: Apache-2.0

// A small web application firewall: refuses requests by rules on their headers, which the plugin's configuration has.
package main

import (
	"math"
	"proxywasm"
)

// By context: a root context has the plugin's rules, and each stream context shares its root's.
var firewalls = map[uint32]*firewall{}

//go:wasmexport proxy_on_context_create
func onContextCreate(contextID, parentContextID uint32) {
	firewalls[contextID] = firewalls[parentContextID]
}

//go:wasmexport proxy_on_delete
func onDelete(contextID uint32) {
	delete(firewalls, contextID)
}

//go:wasmexport proxy_on_configure
func onConfigure(contextID, configurationSize uint32) bool {
	configuration, err := proxywasm.GetBuffer(proxywasm.PluginConfiguration, 0, math.MaxUint32)
	if err == nil {
		firewalls[contextID], err = parseFirewall(configuration)
	}
	if err != nil {
		proxywasm.Log(proxywasm.Error, err.Error())
	}
	return err == nil
}

//go:wasmexport proxy_on_request_headers
func onRequestHeaders(contextID, headerCount, endOfStream uint32) proxywasm.Action {
	refused := firewalls[contextID].match(func(name string) string {
		value, _ := proxywasm.GetHeader(proxywasm.HTTPRequestHeaders, name)
		return value
	})
	if refused == nil {
		return proxywasm.Continue
	}
	proxywasm.Logf(proxywasm.Warn, "rule %s refuses the request: %s matches %q", refused.id, refused.header, refused.pattern)
	if err := proxywasm.SendLocalResponse(refused.status, nil, ""); err != nil {
		proxywasm.Log(proxywasm.Error, "the request cannot be refused: "+err.Error())
	}
	return proxywasm.Pause
}

func main() {}
