package main

import (
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/node"
)

type backupCmd struct {
	File       string   `arg:"" help:"The file to write; it must not exist." type:"path"`
	To         []string `help:"Seal it to this age recipient, as age1…; several may open it."`
	Passphrase string   `name:"passphrase-file" help:"Seal it with the passphrase in this file." type:"path"`
	Keys       bool     `help:"Put the private keys into a backup that is not sealed. Whoever reads it can then sign as this city."`
}

func (c *backupCmd) Run(r *run) error {
	how := node.Backup{Keys: c.Keys}
	for _, to := range c.To {
		recipient, err := age.ParseX25519Recipient(to)
		if err != nil {
			return fault.New(fault.Invalid, "recipient", "it is not an age recipient", "make a pair with age-keygen on the machine that is to open it, and name the line that begins with age1")
		}
		how.Recipients = append(how.Recipients, recipient)
	}
	if c.Passphrase != "" {
		if len(how.Recipients) > 0 {
			return usage("backup: name recipients or a passphrase, not both")
		}
		phrase, err := readPassphrase(c.Passphrase)
		if err != nil {
			return err
		}
		recipient, err := age.NewScryptRecipient(phrase)
		if err != nil {
			return err
		}
		recipient.SetWorkFactor(workFactor)
		how.Recipients = []age.Recipient{recipient}
	}
	how.Keys = c.Keys || len(how.Recipients) > 0
	return r.with(func(n *node.Node) error {
		done, err := n.Backup(r.ctx, c.File, how)
		if err != nil {
			return err
		}
		return r.print(done, func(w io.Writer) {
			fmt.Fprintf(w, "backup of %s written to %s: %d rows, %d bytes\n", done.Party, c.File, done.Rows, done.Bytes)
			switch {
			case done.Sealed:
				fmt.Fprintln(w, "sealed, with the private keys in it; check it with accord verify --backup")
			case done.Keys:
				fmt.Fprintln(w, "NOT sealed, and the private keys are in it: whoever reads it can sign as this city")
			default:
				fmt.Fprintln(w, "not sealed, and without the private keys: keep a copy of HOME/keys apart; --to or --passphrase-file seals it, with the keys")
			}
		})
	})
}

// workFactor makes a guess at a passphrase cost a tenth of a second or so, and 32 MiB.
const workFactor = 15

// readPassphrase reads the one line of a file.
func readPassphrase(path string) (string, error) {
	b, err := readSmall(path, 4096, "passphrase")
	if err != nil {
		return "", err
	}
	phrase := strings.TrimRight(string(b), "\r\n")
	if len(phrase) < 16 || strings.ContainsAny(phrase, "\r\n") {
		return "", fault.New(fault.Invalid, "passphrase", "it is shorter than 16 characters, or more than one line", "write one line of five or more random words").At(path)
	}
	return phrase, nil
}

// opening is what opens a sealed backup.
type opening struct {
	Identity   string `help:"File with the age identity that opens a sealed backup." type:"path"`
	Passphrase string `name:"passphrase-file" help:"File with the passphrase that opens a sealed backup." type:"path"`
}

func (o opening) identities() (all []age.Identity, err error) {
	if o.Identity != "" {
		b, err := readSmall(o.Identity, 1<<20, "identity")
		if err != nil {
			return nil, err
		}
		if all, err = age.ParseIdentities(strings.NewReader(string(b))); err != nil {
			return nil, fault.New(fault.Invalid, "identity", "it is not an age identity file", "name the file that age-keygen wrote").At(o.Identity)
		}
	}
	if o.Passphrase != "" {
		phrase, err := readPassphrase(o.Passphrase)
		if err != nil {
			return nil, err
		}
		identity, err := age.NewScryptIdentity(phrase)
		if err != nil {
			return nil, err
		}
		identity.SetMaxWorkFactor(workFactor + 2)
		all = append(all, identity)
	}
	return all, nil
}

// readCards reads the cards that somebody vouches for.
func readCards(paths []string) (cards []*exchange.Card, err error) {
	for _, path := range paths {
		text, err := readSmall(path, exchange.MaxCard, "card")
		if err != nil {
			return nil, err
		}
		card, err := exchange.ReadCard(text)
		if err != nil {
			return nil, at(err, path)
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// backup checks a backup without touching any home.
func (c *verifyCmd) backup(r *run) error {
	if len(c.Receipt) > 0 {
		return usage("verify: name receipts or a backup, not both")
	}
	how := node.Restore{}
	var err error
	if how.Identities, err = c.identities(); err != nil {
		return err
	}
	if how.Cards, err = readCards(c.Card); err != nil {
		return err
	}
	done, err := node.CheckBackup(r.ctx, c.Backup, how, r.log)
	if err != nil {
		return err
	}
	if err := r.print(done, func(w io.Writer) {
		fmt.Fprintf(w, "backup of %s from %s: %d rows in %d parts, every byte as it was written and signed\nfingerprint  %s\n", done.Party, done.Time, done.Backed.Rows, done.Parts, done.Fingerprint)
		done.Verification.Write(w)
	}); err != nil {
		return err
	}
	if !done.Clean {
		return fault.New(fault.Conflict, "backup", "it is whole, but what the node had stored does not hold", "restore the backup before; the list above names each place").At(c.Backup)
	}
	return nil
}
