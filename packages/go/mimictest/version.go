package mimictest

import (
	"fmt"
	"strings"
)

// Version is the version of this package, and of the server that it carries.
const Version = "0.1.0"

// differs returns a warning if a server of that version may not have what this package needs.
func differs(server string) string {
	minor := func(version string) string {
		parts := strings.SplitN(version, ".", 3)
		return strings.Join(parts[:min(2, len(parts))], ".")
	}
	if minor(server) == minor(Version) {
		return ""
	}
	return fmt.Sprintf("warning: the server has version %s, but the package mimictest has %s", server, Version)
}
