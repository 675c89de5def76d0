package mimictest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A TokenServer is a process of oauth-mimic, or the server at OAUTH_MIMIC_URL. It serves any number of sandboxes.
type TokenServer struct {
	// URL is the address of the server, without a slash at the end.
	URL string

	control control
	warning string
	// The process; nil for the server at OAUTH_MIMIC_URL. It ends when its standard input is closed, so by the end of
	// this process at the latest. Nothing reads its output after the start: it writes nothing more.
	process *exec.Cmd
	stdin   io.Closer
}

// Start starts a server with arguments of the command line, such as "--profile", "standard". It ends with the test.
//
// Few tests need it: [New] starts a server for the whole test binary. If OAUTH_MIMIC_URL is set, the result is the server
// there; the arguments have no effect, and it does not end.
func Start(tb testing.TB, args ...string) *TokenServer {
	tb.Helper()
	server, err := start(args)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(server.stop)
	server.warn(tb)
	return server
}

// warn logs that the version of the server may be a wrong one.
func (s *TokenServer) warn(tb testing.TB) {
	tb.Helper()
	if s.warning != "" {
		tb.Log(s.warning)
	}
}

// servers are those of the test binary: a function that starts one or returns it, by the arguments.
var servers sync.Map

// shared returns the server of the test binary that has these arguments.
func shared(args []string) (*TokenServer, error) {
	once := sync.OnceValues(func() (*TokenServer, error) { return start(args) })
	held, _ := servers.LoadOrStore(strings.Join(args, "\x00"), once)
	return held.(func() (*TokenServer, error))()
}

// start starts a server, or takes the one at OAUTH_MIMIC_URL.
func start(args []string) (*TokenServer, error) {
	server := &TokenServer{URL: strings.TrimRight(os.Getenv("OAUTH_MIMIC_URL"), "/")}
	if server.URL == "" {
		binary, err := find()
		if err != nil {
			return nil, err
		}
		if err := server.run(binary, args); err != nil {
			return nil, fmt.Errorf("%s: %w", binary, err)
		}
	}
	server.control = control{url: server.URL + "/_mimic"}
	var overview struct {
		Version string `json:"version"`
	}
	if err := server.control.send("GET", "", nil, &overview); err != nil {
		server.stop()
		return nil, err
	}
	server.warning = differs(overview.Version)
	return server, nil
}

// run starts the process and reads its address.
func (s *TokenServer) run(binary string, args []string) error {
	args = append([]string{"--port", "0", "--log", "off", "--until-stdin-closes"}, args...)
	var stdout, stderr io.ReadCloser
	for attempt := 0; ; attempt++ {
		s.process = exec.Command(binary, args...)
		var err1, err2, err3 error
		s.stdin, err1 = s.process.StdinPipe()
		stdout, err2 = s.process.StdoutPipe()
		stderr, err3 = s.process.StderrPipe()
		err := errors.Join(err1, err2, err3)
		if err == nil {
			err = s.process.Start()
		}
		if err == nil {
			break
		}
		// A process that another goroutine forks holds, until it executes its program, every file that is open for
		// writing here: for this moment also the binary that has just been unpacked.
		if errors.Is(err, syscall.ETXTBSY) && attempt < 100 {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w (is its file system mounted with noexec? then set OAUTH_MIMIC_BINARY to a copy elsewhere)", err)
		}
		return err
	}
	if pipe, ok := stdout.(*os.File); ok {
		// A file without deadlines blocks, as is the default.
		_ = pipe.SetReadDeadline(time.Now().Add(30 * time.Second))
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err == nil && found {
		s.URL = url
		return nil
	}
	// Ended, it closes standard error, which has the reason.
	s.stdin.Close()
	if !errors.Is(err, io.EOF) {
		_ = s.process.Process.Kill()
	}
	reason, _ := io.ReadAll(stderr)
	ended := s.process.Wait()
	return fmt.Errorf("did not start: %v\n%s%s", errors.Join(err, ended), line, reason)
}

// stop ends the process, if this package started it.
func (s *TokenServer) stop() {
	if s.process == nil {
		return
	}
	s.stdin.Close()
	late := time.AfterFunc(5*time.Second, func() { _ = s.process.Process.Kill() })
	defer late.Stop()
	// A server that is killed returns an error, and nobody waits for its result.
	_ = s.process.Wait()
}
