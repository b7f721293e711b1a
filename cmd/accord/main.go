// Command accord is a city's node and everything an office does with it from the command line. One file per subcommand.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a closed network's machine may have no time zones of its own

	"github.com/alecthomas/kong"

	"accord/internal/fault"
	"accord/internal/node"
	"accord/internal/observe"
)

// Exit status: scripts depend on it.
const (
	exitDone    = 0
	exitRefused = 1 // refused or failed: one line on standard error says what, why and what to do
	exitUsage   = 2
)

// A cli is the command line. Kong reads its tags; the words in them are what --help shows.
type cli struct {
	Home string `help:"The node's folder." env:"ACCORD_HOME" default:"./accord-home" type:"path"`
	JSON bool   `help:"Print exactly one JSON value on standard output."`
	Log  string `help:"How much to log to standard error: debug, info, warn, error." enum:"debug,info,warn,error" default:"warn" env:"ACCORD_LOG"`
	Form string `name:"log-format" help:"How: text, json." enum:"text,json" default:"text" env:"ACCORD_LOG_FORMAT"`

	Demo    demoCmd    `cmd:"" help:"Run two linked nodes on this machine with the sample history and simulated flows."`
	Init    initCmd    `cmd:"" help:"Make a new node: folder, keys, card, database."`
	Serve   serveCmd   `cmd:"" help:"Run the node: pages, exchange with partners."`
	Check   checkCmd   `cmd:"" help:"Say what is wrong with this node's configuration and what to do."`
	Card    cardCmd    `cmd:"" help:"Show this city's card, add a partner's, list the known ones."`
	Agree   agreeCmd   `cmd:"" help:"Check, sign, verify, register and list instruments."`
	Import  importCmd  `cmd:"" help:"Take in data files by recipe."`
	Recipe  recipeCmd  `cmd:"" help:"List recipes, or say which one reads a file."`
	Data    dataCmd    `cmd:"" help:"List what is stored here, and show records and series."`
	Record  recordCmd  `cmd:"" help:"Delete a record of this city."`
	Purge   purgeCmd   `cmd:"" help:"Erase what may not be kept any longer; ask a partner to."`
	Release releaseCmd `cmd:"" help:"See what waits for a person before it leaves."`
	Mail    mailCmd    `cmd:"" help:"Exchange by mail once: send what waits, read what came. A served node does it by itself."`
	Bundle  bundleCmd  `cmd:"" help:"Exchange by file: write a bundle for a partner, read one."`
	Link    linkCmd    `cmd:"" help:"How the links with partners stand."`
	Aside   asideCmd   `cmd:"" help:"See what came and is set aside; apply it again."`
	Receipt receiptCmd `cmd:"" help:"Write the receipt of an entry that was delivered."`
	Account accountCmd `cmd:"" help:"Keep the accounts of the people who work with this node."`
	Audit   auditCmd   `cmd:"" help:"Read the log of deeds, sign its head, prove a line, check it."`
	Verify  verifyCmd  `cmd:"" help:"Check receipts with two cards, or everything this node has stored."`
	Backup  backupCmd  `cmd:"" help:"Write everything this node holds into one file, also while it is served."`
	Restore restoreCmd `cmd:"" help:"Make a node from a backup, once everything in it holds."`
	Pulse   pulseCmd   `cmd:"" help:"What follows for every clause on a date."`
	Search  searchCmd  `cmd:"" help:"Find what this node holds."`
	Bench   benchCmd   `cmd:"" help:"Measure this machine against its own limits."`

	Evidence evidenceCmd `cmd:"" help:"Claim what happened, answer what the other city claims, judge what counts."`
	Document documentCmd `cmd:"" help:"Send, list, open and answer documents and letters."`
}

// A run is what every subcommand gets: where it runs and where it prints.
type run struct {
	ctx context.Context
	cli *cli
	out io.Writer
	err io.Writer
	log *slog.Logger

	command string // as "agree suspend"
	about   string // what it is about, as far as that may be written down: the first argument
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(mainStatus(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// mainStatus runs one command line. Tests call it as the program does.
func mainStatus(ctx context.Context, args []string, out, errs io.Writer) (status int) {
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("accord"), kong.Description("A cooperation arrangement between cities, as running software."),
		kong.Writers(out, errs), kong.Exit(func(s int) { exited = s }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(errs, "accord:", err)
		return exitRefused
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help has printed and is done
		return exited
	}
	if err != nil {
		fmt.Fprintf(errs, "accord: %v; see accord --help\n", err)
		return exitUsage
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		fmt.Fprintln(errs, "accord:", err)
		return exitUsage
	}
	r := &run{ctx: ctx, cli: &c, out: out, err: errs, log: observe.NewLog(errs, c.Form, level)}
	r.command, r.about = deedOf(k)
	if err := k.Run(r); err != nil {
		if u, ok := errors.AsType[usage](err); ok {
			fmt.Fprintf(errs, "accord: %s; see accord --help\n", string(u))
			return exitUsage
		}
		fmt.Fprintln(errs, "accord:", oneLine(err))
		return exitRefused
	}
	return exitDone
}

// usage is a command line that is wrong in a way that only its command can see.
type usage string

func (u usage) Error() string { return string(u) }

// oneLine is the error as scripts and people read it. A defect shows its text too: on a command line the reader is the
// administrator.
func oneLine(err error) string {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f.Error()
	}
	return err.Error()
}

// print writes v as JSON with --json; otherwise text writes for people.
func (r *run) print(v any, text func(w io.Writer)) error {
	if !r.cli.JSON {
		text(r.out)
		return nil
	}
	e := json.NewEncoder(r.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// open opens the node of --home. The caller closes it.
func (r *run) open() (*node.Node, error) {
	h, err := node.OpenHome(r.cli.Home)
	if err != nil {
		return nil, err
	}
	return node.Open(r.ctx, h, r.log)
}

// with opens the node of --home, calls f, notes the deed in the node's audit log and closes it.
func (r *run) with(f func(n *node.Node) error) error {
	n, err := r.open()
	if err != nil {
		return err
	}
	err = f(n)
	return errors.Join(err, r.note(n, err), n.Close())
}
