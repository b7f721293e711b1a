//go:build !linux

package demo

import "syscall"

// tied can do nothing here: a demo that is killed with -9 leaves its nodes behind.
func tied() *syscall.SysProcAttr { return nil }
