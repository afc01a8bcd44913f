package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// ticks is how many units of /proc/PID/stat make a second: USER_HZ, 100 on
// every Linux that Go runs on.
const ticks = 100

// CPU is how much processor time a process has used, all its threads together.
func CPU(pid int) (time.Duration, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	// The name in brackets may hold blanks; what counts stands behind it:
	// utime and stime are the fields 14 and 15.
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(f) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is too short", pid)
	}
	user, err := strconv.ParseInt(string(f[11]), 10, 64)
	if err != nil {
		return 0, err
	}
	sys, err := strconv.ParseInt(string(f[12]), 10, 64)
	return time.Duration(user+sys) * time.Second / ticks, err
}

// A Memory is what a process holds of the machine's memory, in bytes.
type Memory struct {
	RSS  int64 // now
	Peak int64 // at most since its start, or since ResetPeak
}

// MemoryOf reads it.
func MemoryOf(pid int) (m Memory, err error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return m, err
	}
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(string(f[1]), 10, 64)
		switch string(f[0]) {
		case "VmRSS:":
			m.RSS = n << 10
		case "VmHWM:":
			m.Peak = n << 10
		}
	}
	return m, nil
}

// ResetPeak begins the peak anew (proc(5), clear_refs 5).
func ResetPeak(pid int) error {
	return os.WriteFile("/proc/"+strconv.Itoa(pid)+"/clear_refs", []byte("5"), 0)
}

// Load is the machine's load average of the last minute; 0 where it cannot be
// read.
func Load() float64 {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseFloat(string(bytes.Fields(b)[0]), 64)
	return n
}
