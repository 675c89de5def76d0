package mimictest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// find returns the path of the binary, from the places that the package's documentation lists after OAUTH_MIMIC_URL.
func find() (string, error) {
	looked := []string{"OAUTH_MIMIC_URL: not set"}
	if path := os.Getenv("OAUTH_MIMIC_BINARY"); path != "" {
		// A path that someone gave is right, or it is an error.
		if _, err := exec.LookPath(path); err != nil {
			return "", fmt.Errorf("OAUTH_MIMIC_BINARY: %w", err)
		}
		return path, nil
	}
	looked = append(looked, "OAUTH_MIMIC_BINARY: not set")
	path, err := unpacked(carried)
	if err == nil {
		return path, nil
	}
	looked = append(looked, "the binary of the package: "+err.Error())
	path, err = exec.LookPath("oauth-mimic")
	if err == nil {
		return path, nil
	}
	looked = append(looked, "PATH: "+err.Error())
	return "", errors.New("oauth-mimic was not found. Looked at:\n  " + strings.Join(looked, "\n  "))
}

// unpacked writes the binary into the user's cache directory, if it is not there yet, and returns its path. The name has
// the hash of the content, and the file appears whole or not at all: several processes may do this at a time.
func unpacked(binary []byte) (string, error) {
	if binary == nil {
		return "", fmt.Errorf("none for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256(binary)
	folder := filepath.Join(cache, "oauth-mimic", hex.EncodeToString(hash[:]))
	path := filepath.Join(folder, "oauth-mimic")
	if found, err := os.Stat(path); err == nil && found.Mode().IsRegular() && found.Size() == int64(len(binary)) {
		return path, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(folder, ".unpacking-")
	if err != nil {
		return "", err
	}
	_, err = file.Write(binary)
	err = errors.Join(err, file.Chmod(0o755), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
		return "", err
	}
	return path, nil
}
