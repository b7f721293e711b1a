package node_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// table reads a CSV download, without the lines about its source.
func table(t *testing.T, b *browser, path string) (head []string, rows [][]string, source string) {
	t.Helper()
	w := b.do("GET", path, nil)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %.300s", path, w.Code, w.Body)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff")))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range all[1:] {
		if len(line) == len(all[0]) {
			rows = append(rows, line)
		} else {
			source += strings.Join(line, ",") + "\n"
		}
	}
	return all[0], rows, source
}

// TestWithheldFieldsNeverLeaveForWhoMayNotSeeThem: a reader and an administrator see of this city's own records what the
// clause lets out, on every page and in every file; an officer sees them whole.
func TestWithheldFieldsNeverLeaveForWhoMayNotSeeThem(t *testing.T) {
	n, _ := city(t)
	const path = "/data/safety/subsidence"
	officer := signedIn(t, n, "officer")
	head, rows, source := table(t, officer, path+"/file/csv?lang=en&party="+n.Home.Config.Party)
	column := func(name string) int {
		for i, h := range head {
			if strings.HasPrefix(h, name) {
				return i
			}
		}
		t.Fatalf("no column %s in %q", name, head)
		return -1
	}
	cause, lat, cell := column("Description"), column("latitude"), column("cell")
	if len(rows) < 100 || rows[0][cause] == "" || rows[0][cell] != "" || !strings.Contains(source, "SIMULATED") || !strings.Contains(source, "kr-") && !strings.Contains(source, "licence") {
		t.Fatalf("an officer's file has %d rows, the first %q, source %q", len(rows), rows[0], source)
	}
	causes, places := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		causes[r[cause]], places[r[lat]] = true, true
	}
	for _, who := range []string{"reader", "administrator"} {
		b := signedIn(t, n, who)
		_, narrow, source := table(t, b, path+"/file/csv?lang=en&party="+n.Home.Config.Party)
		if len(narrow) != len(rows) || !strings.Contains(source, "only what a clause lets out") {
			t.Errorf("%s: %d rows, %q", who, len(narrow), source)
		}
		for _, r := range narrow {
			if r[cause] != "" || places[r[lat]] || r[cell] != "250" {
				t.Fatalf("a %s gets %q", who, r)
			}
		}
		one := path + "/record/" + n.Home.Config.Party + "/" + url.PathEscape(narrow[0][0])
		for _, p := range []string{path, one, path + "/file/geojson", path + "/file/kml", path + "/map", path + "?text=" + url.QueryEscape(rows[0][cause])} {
			body := b.do("GET", p, nil).Body.String()
			for c := range causes {
				if c != "" && strings.Contains(strings.ReplaceAll(body, "value=\""+c, ""), c) {
					t.Errorf("%s shows %q to a %s", p, c, who)
				}
			}
		}
	}
	if nobody := (&browser{t: t, pages: pagesOf(t, n)}).do("GET", path+"/file/csv", nil); nobody.Code == http.StatusOK {
		t.Error("a file is given to nobody in particular")
	}
}

// TestDataPagesInEveryLanguage looks at each page as each role: it renders, with no message missing.
func TestDataPagesInEveryLanguage(t *testing.T) {
	n, _ := city(t)
	missing := regexp.MustCompile(`⟦[^⟧]*⟧`)
	_, rows, _ := table(t, signedIn(t, n, "officer"), "/data/safety/subsidence/file/csv?party="+n.Home.Config.Party)
	paths := []string{"/data", "/data/safety/subsidence", "/data/safety/river", "/data/environment/weather", "/data/safety/contact", "/data/places/unit",
		"/data/safety/subsidence?from=2024-01-01&until=2025-12-31&text=a", "/data/safety/subsidence/record/" + n.Home.Config.Party + "/" + url.PathEscape(rows[0][0])}
	for _, role := range []string{"reader", "staff", "auditor"} {
		b := signedIn(t, n, role)
		for _, p := range paths {
			for _, lang := range []string{"en", "ko", "ja"} {
				at := p + "?lang=" + lang
				if strings.Contains(p, "?") {
					at = p + "&lang=" + lang
				}
				w := b.do("GET", at, nil)
				if w.Code != http.StatusOK || missing.MatchString(w.Body.String()) || w.Body.Len() > 150_000 {
					t.Errorf("%s as %s: %d, %d bytes, %v", at, role, w.Code, w.Body.Len(), missing.FindAllString(w.Body.String(), 3))
				}
			}
		}
	}
	for p, status := range map[string]int{"/data/safety/nothing": 404, "/data/x/y/file/csv": 404, "/data/safety/subsidence/file/exe": 404, "/data/safety/subsidence?from=yesterday": 400,
		"/data/safety/subsidence?at=1&after=x": 400, "/data/safety/river/file/kml": 400, "/data/safety/subsidence/record/nowhere/x": 404} {
		if w := signedIn(t, n, "officer").do("GET", p, nil); w.Code != status {
			t.Errorf("%s: %d, want %d", p, w.Code, status)
		}
	}
}

// TestPagesOfRecordsLeadToEveryOne follows the links of the pages to the end.
func TestPagesOfRecordsLeadToEveryOne(t *testing.T) {
	n, _ := city(t)
	b := signedIn(t, n, "officer")
	next := regexp.MustCompile(`href="(/data/safety/subsidence\?[^"]*after=[^"#]*)`)
	row := regexp.MustCompile(`<th scope="row"><a href="[^"]*">([^<]*)</a>`)
	seen := map[string]bool{}
	at, pages := "/data/safety/subsidence", 0
	for at != "" && pages < 20 {
		body := b.do("GET", at, nil).Body.String()
		for _, m := range row.FindAllStringSubmatch(body, -1) {
			if seen[m[1]] {
				t.Errorf("%s is shown twice", m[1])
			}
			seen[m[1]] = true
		}
		at = ""
		if m := next.FindStringSubmatch(body); m != nil {
			at = strings.ReplaceAll(m[1], "&amp;", "&")
		}
		pages++
	}
	_, rows, _ := table(t, b, "/data/safety/subsidence/file/csv")
	if len(seen) != len(rows) || pages < 3 {
		t.Errorf("%d records on %d pages, %d in the file", len(seen), pages, len(rows))
	}
}

func TestGeoJSONDownload(t *testing.T) {
	n, _ := city(t)
	w := signedIn(t, n, "officer").do("GET", "/data/safety/subsidence/file/geojson?from=2025-01-01&until=2025-12-31", nil)
	var got struct {
		Features []struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Features) == 0 || w.Header().Get("Content-Type") != "application/geo+json" {
		t.Fatalf("%v %s", err, w.Header())
	}
	for _, f := range got.Features {
		if when, _ := f.Properties["when"].(string); !strings.HasPrefix(when, "2025-") {
			t.Errorf("%v is not of 2025", f.Properties["when"])
		}
	}
}

// TestARegisterIsKeptByHand is the way of an entry: wrong, right, changed by two, deleted; and who may not.
func TestARegisterIsKeptByHand(t *testing.T) {
	n, _ := city(t)
	staff := signedIn(t, n, "staff")
	const list = "/data/safety/equipment"
	wrong := staff.do("POST", list+"/entry?lang=ko&key=", url.Values{"shown": {"0"}, "name_ko": {"소방호스"}, "number": {"많음"}, "kind": {"hose"}})
	for _, want := range []string{"필수 항목입니다", "숫자와 소수점", `value="소방호스"`, `aria-invalid="true"`} {
		if wrong.Code != http.StatusBadRequest || !strings.Contains(wrong.Body.String(), want) {
			t.Errorf("%d, without %q", wrong.Code, want)
		}
	}
	entry := url.Values{"shown": {"0"}, "name_en": {`Hose <b>65 mm</b>`}, "kind": {"hose"}, "interoperable": {"to_check"}, "number": {"12"}, "place": {"37.5, 127"}}
	made := staff.do("POST", list+"/entry?lang=en&key=", entry)
	at := made.Header().Get("Location")
	if made.Code != http.StatusSeeOther || !strings.Contains(at, "/record/") {
		t.Fatalf("%d %s %.300s", made.Code, at, made.Body)
	}
	page := staff.do("GET", at, nil).Body.String()
	if !strings.Contains(page, "Hose &lt;b&gt;65 mm&lt;/b&gt;") || !strings.Contains(page, "to be checked") {
		t.Errorf("the entry is not shown:\n%.2000s", page)
	}
	form := strings.ReplaceAll(regexp.MustCompile(`href="(/data/safety/equipment/entry[^"]*)"`).FindStringSubmatch(page)[1], "&amp;", "&")
	shown := regexp.MustCompile(`name="shown" value="(\d+)"`).FindStringSubmatch(staff.do("GET", form, nil).Body.String())[1]
	entry.Set("shown", shown)
	entry.Set("number", "13")
	if w := staff.do("POST", form, entry); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %.300s", w.Code, w.Body)
	}
	entry.Set("number", "14")
	second := signedIn(t, n, "officer").do("POST", form, entry)
	if second.Code != http.StatusConflict || !strings.Contains(second.Body.String(), `value="14"`) || !strings.Contains(second.Body.String(), "somebody has changed") {
		t.Errorf("who comes second: %d", second.Code)
	}
	if page = staff.do("GET", at, nil).Body.String(); strings.Count(page, "Earlier version") != 1 || !strings.Contains(page, "changed</span>") {
		t.Error("the version before is not shown")
	}
	for _, role := range []string{"reader", "releaser", "auditor", "administrator"} {
		b := signedIn(t, n, role)
		if w := b.do("POST", form, entry); w.Code != http.StatusForbidden {
			t.Errorf("a %s changes an entry: %d", role, w.Code)
		}
		if w := b.do("GET", list, nil); strings.Contains(w.Body.String(), "Add an entry") {
			t.Errorf("a %s is offered to add", role)
		}
	}
	if w := staff.do("POST", "/data/safety/subsidence/entry?key=", entry); w.Code != http.StatusForbidden {
		t.Errorf("a record of a dataset that is no register is written by hand: %d", w.Code)
	}
	shown = regexp.MustCompile(`name="shown" value="(\d+)"`).FindStringSubmatch(staff.do("GET", form, nil).Body.String())[1]
	drop := strings.Replace(form, "/entry?", "/entry/delete?", 1)
	if w := staff.do("POST", drop, url.Values{"shown": {shown}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %.300s", w.Code, w.Body)
	}
	if page = staff.do("GET", at, nil).Body.String(); !strings.Contains(page, "It was deleted here") {
		t.Error("a deleted entry does not say so")
	}
}
