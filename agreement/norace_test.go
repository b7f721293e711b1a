//go:build !race

package agreement_test

const racing = false
