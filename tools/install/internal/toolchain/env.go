package toolchain

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Environment is what a shell needs to use the tools by hand, as NAME=value. PATH is the folder to put in front.
func (i *Installer) Environment() []string {
	env := []string{
		"PATH=" + filepath.Join(i.Dir(), "bin"),
		"PULUMI_HOME=" + i.Home(),
		"PULUMI_BACKEND_URL=file://" + i.StateDir(),
		"PULUMI_CONFIG_PASSPHRASE=",
		"PULUMI_SKIP_UPDATE_CHECK=true",
	}
	if i.Origin("aws") == "source" { // the engine would replace it by a download, or wait for one that cannot come
		env = append(env, "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true")
	}
	return env
}

// StateDir is the folder with the state of the local stack.
func (i *Installer) StateDir() string { return filepath.Join(i.Root, ".local", "state") }

// Shell renders the environment for `eval` in a POSIX shell.
func (i *Installer) Shell() string {
	var b strings.Builder
	for _, e := range i.Environment() {
		name, value, _ := strings.Cut(e, "=")
		quoted := "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		if name == "PATH" {
			quoted += `:"$PATH"`
		}
		fmt.Fprintf(&b, "export %s=%s\n", name, quoted)
	}
	return b.String()
}

// PrepareState makes the state folder, which the engine wants to exist.
func (i *Installer) PrepareState() error { return os.MkdirAll(i.StateDir(), 0o755) }
