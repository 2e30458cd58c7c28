module proxywasm

go 1.24
