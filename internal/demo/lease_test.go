package demo_test

import (
	"testing"
	"time"

	"accord/internal/dbtest"
	"accord/internal/demo"
)

// TestTheOneThatSendsIsKilled: of two processes of a city on one database the one that sends is killed with -9 while it is at
// work. The other takes over within seconds, and what was stored meanwhile arrives once.
func TestTheOneThatSendsIsKilled(t *testing.T) {
	spec, _, err := demo.Read()
	if err != nil {
		t.Fatal(err)
	}
	program := build(t)
	d := setup(t, demo.Options{Databases: map[string]string{spec.Parties[0].ID: dbtest.ServerCalm(t)}, Processes: 2})
	city, partner := d.Cities[0], d.Cities[1]
	sender := func() string {
		all, err := city.Links.Status(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0].Sender
	}
	other := serve(t, program, partner.Home.Dir)
	defer other.kill(t)
	first := serve(t, program, city.Home.Dir) // alone, so that it is the one that sends
	until(t, "the first process sends", func() bool { return sender() != "" })
	settle(t, d)
	second := serve(t, program, city.Home.Dir+"-2")
	defer second.kill(t)
	held := sender()

	stop := write(t, d)
	time.Sleep(time.Second)
	if sender() != held {
		t.Errorf("%s sends while %s is at work", sender(), held)
	}
	first.kill(t)
	killed := time.Now()
	until(t, "another process sends", func() bool { s := sender(); return s != held && s != "" })
	if took := time.Since(killed); took > 15*time.Second {
		t.Errorf("it took %s", took)
	} else {
		t.Logf("another process sends after %s", took)
	}
	stored := stop()
	settle(t, d)
	check(t, d, stored)
}
