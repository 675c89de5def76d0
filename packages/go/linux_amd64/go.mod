module github.com/oauth-mimic/oauth-mimic/packages/go/linux_amd64

go 1.25.0
