package mimictest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// An Error is a refusal of the control plane: a problem document (RFC 9457).
type Error struct {
	// Status is the HTTP status.
	Status int `json:"status"`
	// Code distinguishes problems of one status, such as "name_taken".
	Code string `json:"code"`
	// Detail is what is wrong, and what to do.
	Detail string `json:"detail"`
	// Pointer is the JSON Pointer of the value in the body that is wrong (RFC 6901); empty if none is.
	Pointer string `json:"pointer"`

	request string
}

// Error returns all of it in one line.
func (e *Error) Error() string {
	at := ""
	if e.Pointer != "" {
		at = " at " + e.Pointer
	}
	return fmt.Sprintf("%s: %d %s%s: %s", e.request, e.Status, e.Code, at, e.Detail)
}

// transport keeps no connection, so that no goroutine remains after a test. A proxy has no access to a server of tests.
var transport = &http.Transport{DisableKeepAlives: true}

// A control is the control plane of a server or of a sandbox.
type control struct{ url string }

// send sends a request and reads the answer, both JSON; nil stands for none.
func (c control) send(method, path string, body, answer any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, c.url+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token := os.Getenv("OAUTH_MIMIC_CONTROL_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	// The longest wait for requests is 300 s.
	client := http.Client{Transport: transport, Timeout: 330 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		refusal := &Error{Status: response.StatusCode, request: method + " " + c.url + path}
		if json.Unmarshal(text, refusal) != nil || refusal.Detail == "" {
			refusal.Detail = "this is not a control plane of oauth-mimic: " + string(text[:min(200, len(text))])
		}
		return refusal
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, c.url+path, err)
	}
	return nil
}
