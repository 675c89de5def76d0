module github.com/oauth-mimic/oauth-mimic/packages/go

go 1.25.0

require github.com/oauth-mimic/oauth-mimic/packages/go/linux_amd64 v0.1.0
