package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/node"
	"accord/internal/signed"
)

type agreeCmd struct {
	Check    agreeCheckCmd    `cmd:"" help:"Read an instrument and say what it would let out."`
	Sign     agreeSignCmd     `cmd:"" help:"Add this city's signature to the file."`
	Verify   agreeVerifyCmd   `cmd:"" help:"Check every signature with the cards known here."`
	Register agreeRegisterCmd `cmd:"" help:"Keep a signed instrument, or one whose paper lies elsewhere. What is signed is in force from then on."`
	List     agreeListCmd     `cmd:"" help:"List the instruments kept here."`
	Suspend  agreeSuspendCmd  `cmd:"" help:"Stop everything under an instrument at once, on both sides."`
	Resume   agreeResumeCmd   `cmd:"" help:"End this city's suspension of an instrument."`

	End       agreeEndCmd       `cmd:"" help:"End an instrument, or one clause of it, with the notice it asks for."`
	Supersede agreeSupersedeCmd `cmd:"" help:"Say that another instrument, which names it, takes its place."`
	Renew     agreeRenewCmd     `cmd:"" help:"Say until when it is to be in force; it holds once every party has said so."`
	History   agreeHistoryCmd   `cmd:"" help:"Every dated entry about an instrument, with its position and how to prove it."`
	At        agreeAtCmd        `cmd:"" help:"What was in force at a time, and the entries that say so."`
}

// described is what the agree commands print of an instrument.
type described struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`
	Standing  string   `json:"standing"`
	Simulated bool     `json:"simulated"`
	Date      string   `json:"date"`
	Parties   []string `json:"parties"`
	Clauses   int      `json:"clauses"`
	Hash      string   `json:"hash"`
	Lets      []string `json:"lets_out"` // in words, one per condition
	Known     bool     `json:"known,omitempty"`

	Suspended []instrument.Suspended `json:"suspended,omitempty"` // by whom, since when, why
	Ends      []instrument.Closing   `json:"ends,omitempty"`      // of the text and of its clauses, past and to come
}

// describeInstrument describes an instrument. With an error, that some of its terms cannot be carried out here, comes what
// can be said all the same.
func describeInstrument(in *agreement.Instrument, hash string) (*described, error) {
	d := &described{ID: in.ID, Kind: string(in.Kind), Standing: string(in.Standing), Simulated: in.Simulated, Date: in.Date.String(),
		Parties: in.Parties, Clauses: len(in.Clauses), Hash: hash, Lets: []string{}}
	for _, c := range in.Clauses {
		for _, t := range c.Terms {
			ds, ok := all.Lookup(t.Dataset, t.Version)
			if !ok {
				return d, fault.New(fault.Invalid, "instrument "+in.ID, fmt.Sprintf("clause %s names the dataset %s version %d, which is not known", c.ID, t.Dataset, t.Version), "correct the clause, or update this node")
			}
			g, err := gate.Compile(t, ds)
			if err != nil {
				return d, err
			}
			for _, why := range g.Explain() {
				d.Lets = append(d.Lets, fmt.Sprintf("%s, %s: %s", c.ID, t.Dataset, gate.Explain("en", why)))
			}
		}
	}
	return d, nil
}

func (d *described) write(w io.Writer) {
	fmt.Fprintf(w, "%s: %s of %s between %v, %s, %d clauses\n", d.ID, d.Kind, d.Date, d.Parties, d.Standing, d.Clauses)
	if d.Simulated {
		fmt.Fprintln(w, "  simulated")
	}
	for _, s := range d.Suspended {
		fmt.Fprintf(w, "  suspended by %s since %s %s\n", s.Party, s.Since.Format(time.RFC3339), s.Why)
	}
	for _, e := range d.Ends {
		what, verb := "", "ends"
		if e.Clause != "" {
			what = "clause " + e.Clause + " "
		}
		if e.Ended {
			verb = "has ended"
		}
		fmt.Fprintf(w, "  %s%s at %s\n", what, verb, e.At.Format(time.RFC3339))
	}
	for _, l := range d.Lets {
		fmt.Fprintf(w, "  %s\n", l)
	}
	fmt.Fprintf(w, "  sha256 of the text %s\n", d.Hash)
}

func readInstrument(path string) ([]byte, error) {
	return readSmall(path, agreement.MaxFile, "instrument")
}

// readDescribed reads an instrument and says what it would let out.
func readDescribed(path string) ([]byte, *described, error) {
	text, err := readInstrument(path)
	if err != nil {
		return nil, nil, err
	}
	in, err := agreement.Read(text)
	if err != nil {
		return nil, nil, err
	}
	d, err := describeInstrument(in, agreement.Hash(text))
	return text, d, err
}

type agreeCheckCmd struct {
	File string `arg:"" help:"The instrument, signed or not." type:"path"`
}

func (c *agreeCheckCmd) Run(r *run) error {
	_, d, err := readDescribed(c.File)
	if err != nil {
		return err
	}
	return r.print(d, d.write)
}

type agreeSignCmd struct {
	File string `arg:"" help:"The instrument; the signature is added to it." type:"path"`
}

func (c *agreeSignCmd) Run(r *run) error {
	text, d, err := readDescribed(c.File) // what does not compile is not signed
	if err != nil {
		return err
	}
	return r.with(func(n *node.Node) error {
		if n.Keys.Identity == nil {
			return fault.New(fault.NotFound, "identity key", "it is not in this home", "put the key back into keys/identity.pem, sign, and take it away again")
		}
		out, err := agreement.Sign(text, signed.Signer(n.Home.Config.Party, n.Keys.Identity))
		if err != nil {
			return err
		}
		if err := file.Write(c.File, "instrument", 0o644, out); err != nil {
			return err
		}
		return r.print(d, func(w io.Writer) {
			d.write(w)
			fmt.Fprintf(w, "signed by %s\n", n.Home.Config.Party)
		})
	})
}

type agreeVerifyCmd struct {
	File string `arg:"" help:"The signed instrument." type:"path"`
}

func (c *agreeVerifyCmd) Run(r *run) error {
	file, err := readInstrument(c.File)
	if err != nil {
		return err
	}
	return r.with(func(n *node.Node) error {
		var d *described
		err := n.DB.View(r.ctx, func(tx *db.Tx) error {
			s, err := agreement.Verify(file, instrument.Keys(r.ctx, tx))
			if err == nil {
				d, err = describeInstrument(s.Instrument, s.Hash)
			}
			return err
		})
		if err != nil {
			return err
		}
		return r.print(d, func(w io.Writer) {
			d.write(w)
			fmt.Fprintln(w, "every signature holds")
		})
	})
}

type agreeRegisterCmd struct {
	File string `arg:"" help:"The instrument." type:"path"`
}

func (c *agreeRegisterCmd) Run(r *run) error {
	file, err := readInstrument(c.File)
	if err != nil {
		return err
	}
	in, err := agreement.Read(file)
	if err != nil {
		return err
	}
	d, err := describeInstrument(in, agreement.Hash(file)) // what cannot be carried out is not kept
	if err != nil {
		return err
	}
	return r.with(func(n *node.Node) error {
		_, known, err := n.Register(r.ctx, file)
		if err != nil {
			return err
		}
		d.Known = known
		return r.print(d, func(w io.Writer) {
			d.write(w)
			if known {
				fmt.Fprintln(w, "kept here already")
			} else {
				fmt.Fprintln(w, "kept")
			}
		})
	})
}

type agreeListCmd struct{}

func (c *agreeListCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		list := []*described{}
		err := n.DB.View(r.ctx, func(tx *db.Tx) error {
			kept, err := instrument.All(r.ctx, tx)
			for _, k := range kept {
				d, err := describeInstrument(k.Instrument, k.Hash)
				if err != nil { // a partner may know more than this version; the others are listed all the same
					d.Lets = append(d.Lets, oneLine(err))
				}
				if d.Suspended, err = instrument.Suspensions(r.ctx, tx, k.ID); err != nil {
					return err
				}
				if d.Ends, err = instrument.Closings(r.ctx, tx, k, tx.Now); err != nil {
					return err
				}
				list = append(list, d)
			}
			return err
		})
		if err != nil {
			return err
		}
		return r.print(list, func(w io.Writer) {
			for _, d := range list {
				d.write(w)
			}
		})
	})
}

type agreeSuspendCmd struct {
	ID  string `arg:"" help:"The instrument."`
	Why string `help:"The reason; the partner reads it."`
}

func (c *agreeSuspendCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		if err := n.Flow.Suspend(r.ctx, c.ID, c.Why); err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "suspended": true}, func(w io.Writer) {
			fmt.Fprintf(w, "%s is suspended: from now on nothing gets a position under it\n", c.ID)
		})
	})
}

type agreeResumeCmd struct {
	ID  string `arg:"" help:"The instrument."`
	Why string `help:"A remark; the partner reads it."`
}

func (c *agreeResumeCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		still, err := n.Flow.Resume(r.ctx, c.ID, c.Why)
		if err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "suspended": len(still) > 0, "by": append([]string{}, still...)}, func(w io.Writer) {
			if len(still) > 0 {
				fmt.Fprintf(w, "%s is resumed here; the suspension by %s lasts\n", c.ID, strings.Join(still, " and "))
				return
			}
			fmt.Fprintf(w, "%s is resumed; what waited leaves from the next position on\n", c.ID)
		})
	})
}
