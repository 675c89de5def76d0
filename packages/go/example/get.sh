# Adds the package to the module in this folder, from the archive that packages/run made in the folder $CHECKOUT.
export GOPROXY="file://$CHECKOUT/target/packages/go/proxy,https://proxy.golang.org" GONOSUMDB=github.com/oauth-mimic
go get github.com/oauth-mimic/oauth-mimic/packages/go/mimictest@v0.1.0
