package mimictest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// program writes an executable file.
func program(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func found(t *testing.T) string {
	t.Helper()
	path, err := find()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func needsBinary(t *testing.T) {
	t.Helper()
	if carried == nil {
		t.Skip("the package carries no binary for this platform")
	}
}

func TestThePlacesAreSearchedInTheirOrder(t *testing.T) {
	needsBinary(t)
	named, onPath := program(t, "named"), program(t, "oauth-mimic")
	cache := t.TempDir()
	t.Setenv("OAUTH_MIMIC_URL", "")
	t.Setenv("OAUTH_MIMIC_BINARY", named)
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("PATH", filepath.Dir(onPath))

	if path := found(t); path != named {
		t.Errorf("OAUTH_MIMIC_BINARY is not the first: %s", path)
	}
	t.Setenv("OAUTH_MIMIC_BINARY", "")
	if path := found(t); !strings.HasPrefix(path, cache) {
		t.Errorf("the binary of the package is not the second: %s", path)
	}
	t.Setenv("XDG_CACHE_HOME", "/dev/null")
	if path := found(t); path != onPath {
		t.Errorf("PATH is not the third: %s", path)
	}
	t.Setenv("PATH", t.TempDir())
	_, err := find()
	if err == nil {
		t.Fatal("nothing can be found")
	}
	for _, place := range []string{"OAUTH_MIMIC_URL", "OAUTH_MIMIC_BINARY", "/dev/null", "PATH"} {
		if !strings.Contains(err.Error(), place) {
			t.Errorf("the error does not name %s: %v", place, err)
		}
	}
}

func TestABinaryThatIsNamedMustExist(t *testing.T) {
	t.Setenv("OAUTH_MIMIC_BINARY", filepath.Join(t.TempDir(), "missing"))
	if path, err := find(); err == nil || !strings.Contains(err.Error(), "OAUTH_MIMIC_BINARY") {
		t.Errorf("%s, %v", path, err)
	}
}

func TestABinaryThatCannotBeExecutedNamesTheVariable(t *testing.T) {
	// The interpreter is not executable: execve answers EACCES, as on a file system with noexec.
	path := filepath.Join(t.TempDir(), "oauth-mimic")
	if err := os.WriteFile(path, []byte("#!/etc/passwd\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OAUTH_MIMIC_URL", "")
	t.Setenv("OAUTH_MIMIC_BINARY", path)
	log, failed := record(t, func(tb testing.TB) { Start(tb) })
	if !failed || !strings.Contains(log, "noexec") || !strings.Contains(log, "set OAUTH_MIMIC_BINARY") {
		t.Error(log)
	}
}

func TestTheBinaryIsUnpackedOnceAndWhole(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	binary := bytes.Repeat([]byte("binary"), 100_000)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			path, err := unpacked(binary)
			if err != nil {
				t.Error(err)
				return
			}
			if held, err := os.ReadFile(path); err != nil || !bytes.Equal(held, binary) {
				t.Errorf("%s is not whole: %v", path, err)
			}
		})
	}
	all.Wait()
	path, err := unpacked(binary)
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.Stat(path)
	if err != nil || first.Mode().Perm() != 0o755 {
		t.Fatal(first.Mode(), err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("something is left over: %v", files)
	}
	if _, err := unpacked(binary); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.Stat(path); !os.SameFile(first, again) {
		t.Error("it was unpacked a second time")
	}
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := unpacked(binary); err != nil {
		t.Fatal(err)
	}
	if held, _ := os.ReadFile(path); !bytes.Equal(held, binary) {
		t.Error("a file of another size was taken")
	}
}

func TestABinaryThatIsBeingWrittenIsStartedLater(t *testing.T) {
	needsBinary(t)
	path := filepath.Join(t.TempDir(), "oauth-mimic")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(carried); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OAUTH_MIMIC_URL", "")
	t.Setenv("OAUTH_MIMIC_BINARY", path)
	time.AfterFunc(50*time.Millisecond, func() { file.Close() })
	Start(t)
}
