package node_test

import (
	"context"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/prometheus/client_golang/prometheus"

	"accord/internal/node"
	"accord/internal/observe"
)

// A register notes the names of what is registered.
type register struct{ names []string }

func (r *register) Register(c prometheus.Collector) error {
	descs := make(chan *prometheus.Desc, 100)
	c.Describe(descs)
	close(descs)
	for d := range descs {
		r.names = append(r.names, regexp.MustCompile(`fqName: "([^"]+)"`).FindStringSubmatch(d.String())[1])
	}
	return nil
}
func (r *register) MustRegister(...prometheus.Collector) {}
func (r *register) Unregister(prometheus.Collector) bool { return false }

// TestMetricsAreDocumented: the table of docs/operate.md has every metric of ours, and no other.
func TestMetricsAreDocumented(t *testing.T) {
	r := new(register)
	if _, err := observe.NewNumbers(r); err != nil {
		t.Fatal(err)
	}
	if err := observe.State(r, node.Gauges, func(context.Context) ([]observe.Value, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(accord_[a-z_]+)` \\| .+ \\| .+ \\|$").FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, m[1])
	}
	slices.Sort(documented)
	slices.Sort(r.names)
	if !slices.Equal(documented, r.names) {
		t.Errorf("documented %v\nthere are %v", documented, r.names)
	}
}

// TestExampleOfTheConfiguration: it can be read, names every key, and no other.
func TestExampleOfTheConfiguration(t *testing.T) {
	b, err := os.ReadFile("../../docs/accord.toml.example")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, line := range regexp.MustCompile(`(?m)^# (database|database_file|[a-z_]+) = .*$`).FindAllString(text, -1) {
		if strings.HasPrefix(line, "# database = ") { // the other one excludes it
			continue
		}
		text = strings.Replace(text, line, line[2:], 1)
	}
	var c node.Config
	meta, err := toml.Decode(text, &c)
	if err != nil || len(meta.Undecoded()) > 0 {
		t.Fatalf("%v %v", err, meta.Undecoded())
	}
	for i := range reflect.TypeFor[node.Config]().NumField() {
		key, _, _ := strings.Cut(reflect.TypeFor[node.Config]().Field(i).Tag.Get("toml"), ",")
		if !meta.IsDefined(key) && !strings.Contains(string(b), "# "+key+" = ") {
			t.Errorf("%s is not in the example", key)
		}
	}
}
