package clients

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser is a robot that does what a user does: it follows redirects, keeps cookies, and fills in forms by what they show.
type browser struct {
	t      *testing.T
	client *http.Client
	page   *html.Node
	at     *url.URL
	filled url.Values
}

// newBrowser makes one that stops at the host of an app, which need not exist.
func newBrowser(t *testing.T, app string) *browser {
	t.Helper()
	jar := must[*cookiejar.Jar](t)(cookiejar.New(nil))
	return &browser{t: t, client: &http.Client{
		Jar:     jar,
		Timeout: patience,
		CheckRedirect: func(request *http.Request, _ []*http.Request) error {
			if request.URL.Host == app {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}
}

// visit opens an address. The result is the URL of the app that the browser is sent to, or nil where there is a page.
func (b *browser) visit(address string) *url.URL {
	b.t.Helper()
	return b.read(must[*http.Response](b.t)(b.client.Get(address)))
}

// fill writes into the field with that label.
func (b *browser) fill(label, text string) {
	b.t.Helper()
	shown := b.find(b.page, "label", label)
	field := find(b.page, func(node *html.Node) bool { return attribute(node, "id") == attribute(shown, "for") })
	b.filled.Set(attribute(field, "name"), text)
}

// press presses the button whose text begins so, and sends its form.
func (b *browser) press(text string) *url.URL {
	b.t.Helper()
	button := b.find(b.page, "button", text)
	form := button
	for form.Data != "form" {
		form = form.Parent
	}
	sent := url.Values{}
	for node := range form.Descendants() {
		if name := attribute(node, "name"); node.Data == "input" && name != "" {
			value := attribute(node, "value")
			if b.filled.Has(name) {
				value = b.filled.Get(name)
			}
			sent.Add(name, value)
		}
	}
	if name := attribute(button, "name"); name != "" {
		sent.Add(name, attribute(button, "value"))
	}
	action := must[*url.URL](b.t)(b.at.Parse(attribute(form, "action")))
	return b.read(must[*http.Response](b.t)(b.client.PostForm(action.String(), sent)))
}

func (b *browser) read(response *http.Response) *url.URL {
	b.t.Helper()
	defer response.Body.Close()
	if location, err := response.Location(); err == nil {
		return location
	}
	b.page = must[*html.Node](b.t)(html.Parse(response.Body))
	b.at, b.filled = response.Request.URL, url.Values{}
	return nil
}

// find is the first element of that name whose text begins so.
func (b *browser) find(from *html.Node, name, text string) *html.Node {
	b.t.Helper()
	found := find(from, func(node *html.Node) bool {
		return node.Data == name && strings.HasPrefix(shown(node), text)
	})
	if found == nil {
		b.t.Fatalf("the page has no %s %q: %s", name, text, shown(from))
	}
	return found
}

func find(from *html.Node, is func(*html.Node) bool) *html.Node {
	for node := range from.Descendants() {
		if node.Type == html.ElementNode && is(node) {
			return node
		}
	}
	return nil
}

// shown is the text of an element.
func shown(of *html.Node) string {
	var text strings.Builder
	for node := range of.Descendants() {
		if node.Type == html.TextNode {
			text.WriteString(node.Data)
		}
	}
	return strings.TrimSpace(text.String())
}

func attribute(of *html.Node, name string) string {
	index := slices.IndexFunc(of.Attr, func(held html.Attribute) bool { return held.Key == name })
	if index < 0 {
		return ""
	}
	return of.Attr[index].Val
}
