package mimictest

import "github.com/oauth-mimic/oauth-mimic/packages/go/linux_amd64"

// carried is the binary that the package carries for this platform; nil if it has none.
var carried = linux_amd64.Binary
