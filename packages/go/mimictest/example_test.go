package mimictest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/oauth-mimic/oauth-mimic/packages/go/mimictest"
)

func Example() {
	t := &testing.T{} // the parameter of a test

	provider := mimictest.New(t)
	provider.FailNext(1)
	for range 2 {
		answer, err := http.PostForm(provider.TokenURL, url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {"REFRESH_TOKEN"},
			"client_id": {"CLIENT_ID"}, "client_secret": {"CLIENT_SECRET"},
		})
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		fmt.Println(answer.StatusCode)
	}
	provider.Verify(mimictest.Object{"client_id": "CLIENT_ID"}, mimictest.Exactly(2))
	// Output:
	// 503
	// 200
}
