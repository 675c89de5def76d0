package control

import (
	"encoding/json"
	"testing"
)

func TestAFaultIsWrittenAsTheServerReadsIt(t *testing.T) {
	var fault Fault
	if err := fault.FromStatusFault(StatusFault{Status: 503}); err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(Rule{On: EndpointToken, Fault: fault})
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		On    string
		Fault struct {
			Kind   string
			Status int
		}
	}
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	if read.On != "token" || read.Fault.Kind != "status" || read.Fault.Status != 503 {
		t.Fatal(string(written))
	}
}
