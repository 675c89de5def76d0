// Package linux_amd64 carries the server oauth-mimic for Linux on x86-64, for package mimictest.
//
// The binary is not in the repository. packages/go/build puts it beside this file, with the licences of what is compiled
// into it, before it makes the module's archive.
package linux_amd64

import _ "embed"

// Binary is the executable file.
//
//go:embed oauth-mimic
var Binary []byte
