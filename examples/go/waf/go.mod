module waf

go 1.24

require proxywasm v0.0.0

replace proxywasm => ../../../sdk/go
