// Package vectortest gives tests the results of independent programs to compare with. They lie outside the repository: in the
// folder that ACCORD_VECTORS names, else in ../shared/vectors beside the repository. Without them a test is skipped, loudly;
// where CI is set it fails.
package vectortest

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Files returns the files of a folder whose names match a pattern. Every case that lies there is to be taken.
func Files(t testing.TB, folder, pattern string) []string {
	t.Helper()
	dir := os.Getenv("ACCORD_VECTORS")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "vectors")
	}
	files, err := filepath.Glob(filepath.Join(dir, folder, pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI is set but there is no %s in %s/%s", pattern, dir, folder)
		}
		t.Skipf("NOT TESTED: no %s in %s/%s; set ACCORD_VECTORS", pattern, dir, folder)
	}
	return files
}

// root is the folder of go.mod: a test runs in the folder of its package.
func root(t testing.TB) string {
	t.Helper()
	for dir, err := os.Getwd(); ; dir = filepath.Dir(dir) {
		if err != nil || dir == filepath.Dir(dir) {
			t.Fatalf("no go.mod above the test: %v", err)
		}
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
	}
}

// A Row is a line of a CSV file by the names of its columns.
type Row map[string]string

// CSV reads a file with a line of names.
func CSV(t testing.TB, path string) (out []Row) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil || len(all) < 2 {
		t.Fatalf("%s: %d lines, %v", path, len(all), err)
	}
	for _, line := range all[1:] {
		row := Row{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		out = append(out, row)
	}
	return out
}

// JSON reads a file into a value.
func JSON(t testing.TB, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// Number is a column as a number.
func (r Row) Number(t testing.TB, column string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(r[column], 64)
	if err != nil {
		t.Fatalf("column %s of %v: %v", column, r, err)
	}
	return n
}
