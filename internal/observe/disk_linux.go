package observe

import "syscall"

// Disk says how many bytes a process may still write where path lies; known is false where the system does not tell.
func Disk(path string) (free int64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
