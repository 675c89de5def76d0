package mimictest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// A recorder is a test that may fail without failing the one that runs it.
type recorder struct {
	testing.TB
	failed   bool
	logged   []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Failed() bool     { return r.failed }
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Log(args ...any)  { r.logged = append(r.logged, fmt.Sprintln(args...)) }

func (r *recorder) Fatal(args ...any) {
	r.Log(args...)
	r.failed = true
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Fatal(fmt.Sprintf(format, args...))
}

// record runs a test, and returns its log and whether it failed.
func record(tb testing.TB, test func(testing.TB)) (log string, failed bool) {
	r := &recorder{TB: tb}
	run := func(f func()) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		<-done
	}
	run(func() { test(r) })
	for index := len(r.cleanups) - 1; index >= 0; index-- {
		run(r.cleanups[index])
	}
	return strings.Join(r.logged, ""), r.failed
}
