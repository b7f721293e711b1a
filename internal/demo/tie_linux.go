package demo

import "syscall"

// tied has the kernel end a child with the thread that starts it, however that ends.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
