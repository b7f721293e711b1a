package code_test

import (
	"slices"
	"strings"
	"testing"

	"accord/content"
	"accord/internal/code"
	"accord/internal/fault"
	"accord/internal/vectortest"
)

func codes(t *testing.T) *code.Codes {
	t.Helper()
	b, err := content.FS.ReadFile("codes/places.toml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := code.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestVectorsCodes compares with the official lists. A list may name places that are not in our content; what it says of those that
// are must be the same.
func TestVectorsCodes(t *testing.T) {
	c := codes(t)
	each(t, "jp_localgov_codes", func(t *testing.T, r vectortest.Row) {
		if err := c.Check("jp-local", r["code6"]); err != nil {
			t.Error(err)
		}
		if p, ok := c.Find("jp-local", r["code6"]); ok && r["city"] != "" && (p.Names["ja"] != r["city"] || p.Names["ja-Hira"] != r["kana"]) {
			t.Errorf("%s is %v, not %s", r["code6"], p.Names, r["city"])
		}
	})
	each(t, "jp_code_invalid", func(t *testing.T, r vectortest.Row) {
		if err := c.Check("jp-local", r["code6"]); (err == nil) != (r["valid"] == "1") {
			t.Errorf("%s: %v", r["code6"], err)
		}
	})
	each(t, "kr_seoul_gu_codes", func(t *testing.T, r vectortest.Row) {
		p, _ := c.Find("kr-mois", r["mois_sigungu_code"])
		if p.Names["ko"] != r["name_ko"] || p.Names["en"] != r["name_en_juso2015"] || p.Codes["kr-kostat"] != r["kostat_code"] {
			t.Errorf("%v: %v", r, p)
		}
		if back, ok := c.Same("kr-kostat", r["kostat_code"], "kr-mois"); !ok || back != r["mois_sigungu_code"] {
			t.Errorf("%s back is %s", r["kostat_code"], back)
		}
	})
}

// each runs f for every row of a file of independent results.
func each(t *testing.T, name string, f func(t *testing.T, r vectortest.Row)) {
	t.Run(name, func(t *testing.T) {
		for _, r := range vectortest.CSV(t, vectortest.Files(t, "codes_calendar", name+".csv")[0]) {
			f(t, r)
		}
	})
}

// TestTwoSystemsOneNumber: a number that is well written in several systems is not one place.
func TestTwoSystemsOneNumber(t *testing.T) {
	c := codes(t)
	if fits := c.Fitting("11250"); !slices.Contains(fits, "kr-mois") || !slices.Contains(fits, "kr-kostat") {
		t.Errorf("%v", fits)
	}
	if p, ok := c.Find("kr-mois", "11250"); ok {
		t.Errorf("the ministry gives no 11250, but here it is %v", p)
	}
	if p, _ := c.Find("kr-kostat", "11250"); p.Names["en"] != "Gangdong-gu" {
		t.Errorf("%v", p)
	}
}

func TestCheckRefuses(t *testing.T) {
	c := codes(t)
	for value, why := range map[string]string{"10006": "zeros in front", "131017": "check digit", "1310160": "not written", "": "not written", "13101６": "not written"} {
		if err := c.Check("jp-local", value); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", value, err)
		}
	}
	if err := c.Check("mars", "1"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if _, ok := c.Same("kr-mois", "11110", "jp-local"); ok {
		t.Error("a district of one country has another's code")
	}
}

func TestReadRefuses(t *testing.T) {
	system := "[[system]]\nid=\"s\"\nform=\"[0-9]\"\n"
	for name, file := range map[string]string{
		"unknown key":   system + "colour=1",
		"no form":       "[[system]]\nid=\"s\"",
		"system twice":  system + system,
		"no system":     "[[place]]\ncodes={s=\"1\"}",
		"badly written": system + "[[place]]\ncodes={s=\"x\"}",
		"code twice":    system + "[[place]]\ncodes={s=\"1\"}\n[[place]]\ncodes={s=\"1\"}",
	} {
		if _, err := code.Read([]byte(file)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}
