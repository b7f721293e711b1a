package main

import (
	"fmt"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"accord/internal/fault"
	"accord/internal/node"
	"accord/internal/who"
)

// A person is whose decision a command carries out. Who sits at the machine and can read the home is its administrator; what
// only a person of the city can decide needs that person's name.
type person struct {
	Person string `help:"Whose decision it is: the id of an account. Where there are no accounts yet, a name; yours on this machine when left out."`
}

func (p person) name() (string, error) {
	if p.Person != "" {
		return p.Person, nil
	}
	return systemUser()
}

func systemUser() (string, error) {
	u, err := user.Current()
	if err != nil {
		return "", fault.New(fault.Invalid, "person", "this machine does not know your name", "say it with --person").Because(err)
	}
	return u.Username, nil
}

// acting is the person of the command, who must have the right. A node without accounts takes the name as it is.
func (p person) acting(r *run, n *node.Node, right who.Right) (who.Person, error) {
	name, err := p.name()
	if err != nil {
		return who.Person{}, err
	}
	any, err := n.People.Any(r.ctx)
	if err != nil {
		return who.Person{}, err
	}
	if !any {
		return who.Person{ID: name, Name: name, Role: who.Releaser}, nil
	}
	return n.People.Acting(r.ctx, name, right)
}

// administrator is who runs a command: a user of the system who can read the home.
func administrator() (who.Person, error) {
	name, err := systemUser()
	return who.Person{ID: "os:" + name, Name: name, Role: who.Administrator}, err
}

// readers are the commands that change nothing. Every other one is a deed.
var readers = []string{
	"card show", "card history", "agree check", "agree verify", "agree list", "recipe list", "recipe detect", "recipe suggest",
	"release list", "release show",
	"aside list", "aside show", "agree history", "agree at", "document list", "document show", "evidence list", "evidence show", "link status", "receipt", "verify", "pulse", "check", "bench", "demo", "init", "serve",
	"account list", "audit list", "audit head", "audit proof", "audit verify", "search find", "data list", "data show",
}

// kept are the deeds that their keeper writes down in the same transaction. Only what it refuses is left to write.
var kept = []string{
	"release approve", "release refuse", "account add", "account role", "account unit", "account password", "account close", "account signout",
}

// note writes the deed into the node's audit log.
func (r *run) note(n *node.Node, outcome error) error {
	reads := slices.ContainsFunc(readers, func(c string) bool { return r.command == c || strings.HasPrefix(r.command, c+" ") })
	if reads || slices.Contains(kept, r.command) && outcome == nil || r.cli.Import.DryRun {
		return nil
	}
	by, err := administrator()
	if err != nil {
		return err
	}
	return n.Note(r.ctx, by, r.command, r.about, outcome)
}

// deedOf is the command and what it is about: its first argument, of a file only the name.
func deedOf(k *kong.Context) (command, about string) {
	var words []string
	for _, p := range k.Path {
		switch {
		case p.Command != nil:
			words = append(words, p.Command.Name)
		case p.Positional != nil && about == "":
			about = argument(p.Positional.Target.Interface())
		}
	}
	return strings.Join(words, " "), about
}

func argument(v any) string {
	switch v := v.(type) {
	case string:
		return base(v)
	case []string:
		var names []string
		for _, s := range v {
			names = append(names, base(s))
		}
		return strings.Join(names, " ")
	default:
		return fmt.Sprint(v)
	}
}

func base(s string) string {
	if filepath.IsAbs(s) {
		return filepath.Base(s)
	}
	return s
}
