// Command proxytree writes a module into a folder that GOPROXY can name by a file URL.
//
//	proxytree TREE VERSION FOLDER
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: proxytree TREE VERSION FOLDER")
		os.Exit(2)
	}
	if err := add(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "proxytree:", err)
		os.Exit(1)
	}
}

// add writes what a module proxy answers for one version of the module in a folder.
func add(tree, version, folder string) error {
	manifest, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return err
	}
	path := modfile.ModulePath(manifest)
	escaped, err := module.EscapePath(path)
	if err != nil {
		return err
	}
	versions := filepath.Join(tree, escaped, "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		return err
	}
	// No time: the same sources give the same bytes.
	info := fmt.Sprintf("{\"Version\":%q}\n", version)
	for name, content := range map[string][]byte{
		"list": []byte(version + "\n"), version + ".info": []byte(info), version + ".mod": manifest,
	} {
		if err := os.WriteFile(filepath.Join(versions, name), content, 0o644); err != nil {
			return err
		}
	}
	archive, err := os.Create(filepath.Join(versions, version+".zip"))
	if err != nil {
		return err
	}
	err = zip.CreateFromDir(archive, module.Version{Path: path, Version: version}, folder)
	if closed := archive.Close(); err == nil {
		err = closed
	}
	return err
}
