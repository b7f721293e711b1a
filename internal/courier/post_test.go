package courier

import (
	"strings"
	"testing"
	"time"

	"accord/internal/fault"
	"accord/internal/link"
)

// TestReason is the table of when a mail is sent.
func TestReason(t *testing.T) {
	now := time.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	told := func(change func(*mailed)) *mailed {
		m := &mailed{Size: 2, Cosigned: 3, At: ago(2 * time.Minute), Next: now.Add(time.Hour), Tries: 1}
		if change != nil {
			change(m)
		}
		return m
	}
	underway := link.Owed{Size: 2, Delivered: 1, Theirs: 3, Told: 3, Since: ago(3 * time.Minute)}
	word := link.Owed{Size: 2, Delivered: 2, Theirs: 3, Told: 1}
	idle := link.Owed{Size: 2, Delivered: 2, Theirs: 3, Told: 3}
	for name, c := range map[string]struct {
		owed link.Owed
		last *mailed
		wait time.Duration
		now  bool
		why  string
	}{
		"idle":                             {idle, nil, 0, false, "nothing to say"},
		"idle at once":                     {idle, told(nil), 0, true, "nothing to say"},
		"first":                            {underway, nil, 0, false, ""},
		"HTTPS may still do it":            {underway, nil, 10 * time.Minute, false, "by HTTPS"},
		"HTTPS had its time":               {underway, nil, 2 * time.Minute, false, ""},
		"said already":                     {underway, told(nil), 0, false, "the answer is waited for"},
		"said already, at once":            {underway, told(nil), 0, true, "the answer is waited for"},
		"said already, long ago":           {underway, told(func(m *mailed) { m.Next = ago(time.Second) }), 0, false, ""},
		"tried a moment ago":               {underway, told(func(m *mailed) { m.At, m.Next = now, ago(time.Second) }), 0, false, "just gone"},
		"something new":                    {link.Owed{Size: 2, Delivered: 1, Waiting: 1, Theirs: 3, Told: 3}, told(nil), 0, false, ""},
		"something new, too soon":          {link.Owed{Size: 2, Delivered: 1, Waiting: 1}, told(func(m *mailed) { m.At = ago(time.Second) }), 0, false, "just gone"},
		"something new, at once":           {link.Owed{Size: 2, Delivered: 1, Waiting: 1}, told(func(m *mailed) { m.At = ago(time.Second) }), 0, true, ""},
		"a word that was said":             {word, told(nil), 0, false, "has not asked again"},
		"a word that was said, months ago": {word, told(func(m *mailed) { m.At, m.Next = ago(5000*time.Hour), ago(4000*time.Hour) }), 0, false, "has not asked again"},
		"a word that is new":               {word, told(func(m *mailed) { m.Cosigned = 1 }), 0, false, ""},
		"the partner did not get it":       {word, told(func(m *mailed) { m.Again = true }), 0, false, ""},
		"nor when there was nothing":       {idle, told(func(m *mailed) { m.Again = true }), 0, false, ""},
		"not twice a minute":               {word, told(func(m *mailed) { m.Again, m.At = true, ago(time.Second) }), 0, false, "just gone"},
		"after a restore":                  {link.Owed{Asks: "x"}, told(nil), 0, false, ""},
		"after a restore, asked":           {link.Owed{Asks: "x"}, told(func(m *mailed) { m.Asks = "x" }), 0, false, "the answer is waited for"},
		"the clock was set back":           {underway, told(func(m *mailed) { m.At, m.Next = now.Add(time.Hour), ago(1) }), 0, false, ""},
	} {
		if why := reason(c.owed, c.last, now, c.wait, c.now); c.why == "" && why != "" || !strings.Contains(why, c.why) {
			t.Errorf("%s: %q, not %q", name, why, c.why)
		}
	}
}

// TestSettings: what cannot work is said before anything is dialled.
func TestSettings(t *testing.T) {
	good := func() *Mail {
		return &Mail{Server: "mail.example:587", From: "a@east.example", Maildir: "/var/mail/a", Partners: map[string]string{"west": "a@west.example"}}
	}
	if err := good().Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Mail){
		"neither way":            func(m *Mail) { m.Server, m.Maildir = "", "" },
		"no port":                func(m *Mail) { m.Server = "mail.example" },
		"no host":                func(m *Mail) { m.Server = ":587" },
		"port of letters":        func(m *Mail) { m.Server = "mail.example:smtp" },
		"from nobody":            func(m *Mail) { m.From = "" },
		"to nobody":              func(m *Mail) { m.Partners["west"] = "west" },
		"two lines":              func(m *Mail) { m.Partners["west"] = "a@west.example\r\nBcc: x@y" },
		"unknown TLS":            func(m *Mail) { m.TLS = "ssl3" },
		"password in the clear":  func(m *Mail) { m.TLS, m.User = "none", "a" },
		"a length that is none":  func(m *Mail) { m.After = "soon" },
		"a length that is below": func(m *Mail) { m.After = "-1m" },
	} {
		m := good()
		change(m)
		if err := m.Check(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
