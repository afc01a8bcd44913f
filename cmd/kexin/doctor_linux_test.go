package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kexin/i18n"
	"kexin/internal/db/dbtest"
)

// smallDisk names a directory that is a disk of 64 MB of the process's own;
// behind "full:" it is filled up.
const smallDisk = "KEXIN_TEST_SMALL_DISK"

// onSmallDisk mounts it, where there is to be one.
func onSmallDisk(dir string) {
	if dir == "" {
		return
	}
	dir, full := strings.CutPrefix(dir, "full:")
	err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m")
	}
	if err == nil && full {
		if err = os.WriteFile(filepath.Join(dir, "film"), make([]byte, 65<<20), 0o600); err != nil && strings.Contains(err.Error(), syscall.ENOSPC.Error()) {
			err = nil
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(9)
	}
}

// TestDoctorDisk: a real disk with little room, and one without any, where not
// even the database opens: doctor says so in words and ends with 1.
func TestDoctorDisk(t *testing.T) {
	for lang, words := range map[string][2]string{i18n.English: {"The data cannot be opened: The server's disk is full", "✗ Only %d MB are free where "}, i18n.Chinese: {"数据打不开：服务器的磁盘满了", "磁盘只剩 %d MB"}} {
		for _, full := range []bool{false, true} {
			p := newProgram(t, dbtest.SQLite)
			p.args = append(p.args, "--lang", lang)
			data := filepath.Join(p.dir, "data")
			if err := os.Mkdir(data, 0o700); err != nil {
				t.Fatal(err)
			}
			c := p.command("doctor")
			c.Env = append(c.Env, smallDisk+"="+map[bool]string{true: "full:"}[full]+data)
			c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
			if os.Getuid() != 0 {
				c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
				c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
			}
			b, err := c.CombinedOutput()
			if c.ProcessState == nil || c.ProcessState.ExitCode() == 9 {
				t.Skipf("NOT TESTED: this system mounts no disk of one's own: %v %s", err, b)
			}
			out := string(b)
			small := strings.Contains(out, fmt.Sprintf(words[1], 62)) || strings.Contains(out, fmt.Sprintf(words[1], 63)) || strings.Contains(out, fmt.Sprintf(words[1], 61))
			if full {
				small = strings.Contains(out, fmt.Sprintf(words[1], 0))
			}
			if c.ProcessState.ExitCode() != 1 || !small || full != strings.Contains(out, words[0]) {
				t.Errorf("%s, full %v: %d %s", lang, full, c.ProcessState.ExitCode(), out)
			}
		}
	}
}
