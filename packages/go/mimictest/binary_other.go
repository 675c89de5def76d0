//go:build !(linux && amd64)

package mimictest

// carried is the binary that the package carries for this platform; nil if it has none.
var carried []byte
