package node

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"filippo.io/age"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/peer"
)

// Keys are the private keys that belong to one card.
type Keys struct {
	Identity, Log, Mirror, TLS ed25519.PrivateKey // Identity is nil where it is kept elsewhere
	Sealing                    *age.X25519Identity
}

// keyFiles are the Ed25519 keys by file name.
func (k *Keys) keyFiles() map[string]*ed25519.PrivateKey {
	return map[string]*ed25519.PrivateKey{identityFile: &k.Identity, "log.pem": &k.Log, "mirror.pem": &k.Mirror, "tls.pem": &k.TLS}
}

const (
	identityFile = "identity.pem"
	sealingFile  = "sealing.txt"
)

// differ names the first of the keys that is not the one on the card; nothing when all are. An identity key that is kept
// elsewhere does not differ.
func (k *Keys) differ(card *exchange.Card) (string, error) {
	pin, err := peer.Pin(public(k.TLS))
	switch {
	case err != nil:
		return "", err
	case k.Identity != nil && !public(k.Identity).Equal(ed25519.PublicKey(card.Identity)):
		return "identity", nil
	case !public(k.Log).Equal(ed25519.PublicKey(card.Log)):
		return "log", nil
	case !public(k.Mirror).Equal(ed25519.PublicKey(card.Mirror)):
		return "mirror", nil
	case k.Sealing.Recipient().String() != card.Sealing:
		return "sealing", nil
	case pin != card.TLS:
		return "tls", nil
	}
	return "", nil
}

// A Ring is a node's private keys: those of the first card in the folder keys, those of card N in keys/N. Another process
// of the node may have made some that are not here yet, so it looks again when it lacks any.
type Ring struct {
	dir string

	mu           sync.Mutex
	sets         map[int]*Keys            // by the number of their folder
	certificates map[int]*tls.Certificate // by card serial
}

// OpenKeys reads the keys of the first card of a home.
func (h *Home) OpenKeys() (*Keys, error) { return readKeys(filepath.Join(h.Dir, keysDir)) }

// OpenRing reads all keys of a home.
func (h *Home) OpenRing() (*Ring, error) {
	r := &Ring{dir: filepath.Join(h.Dir, keysDir), certificates: map[int]*tls.Certificate{}}
	return r, r.load()
}

// load reads every folder. The identity key may be kept elsewhere, and one that has not changed is that of the folder before.
func (r *Ring) load() error {
	first, err := readKeys(r.dir)
	if err != nil {
		return err
	}
	r.sets = map[int]*Keys{1: first}
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return badKey(r.dir, "the folder cannot be read").Because(err)
	}
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil || !e.IsDir() || n < 2 {
			continue
		}
		k, err := readKeys(filepath.Join(r.dir, e.Name()))
		if err != nil {
			return err
		}
		r.sets[n] = k
	}
	return nil
}

// numbers are those of the folders, the newest first.
func (r *Ring) numbers() (out []int) {
	for n := range r.sets {
		out = append(out, n)
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out
}

// Of returns the keys on a card. It never returns others: what they signed nobody could check.
func (r *Ring) Of(card *exchange.Card) (*Keys, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, again := range []bool{false, true} {
		if again {
			if err := r.load(); err != nil {
				return nil, err
			}
		}
		for _, n := range r.numbers() {
			k := r.completed(n, card)
			if what, err := k.differ(card); err != nil {
				return nil, err
			} else if what == "" {
				return k, nil
			}
		}
	}
	what, err := r.completed(r.numbers()[0], card).differ(card)
	if err != nil {
		return nil, err
	}
	if card.Serial > 1 && r.sets[card.Serial] == nil {
		return nil, fault.New(fault.Unavailable, fmt.Sprintf("keys of card %d of %s", card.Serial, card.Party), "they are not in this home, and nothing may be signed with the ones before",
			fmt.Sprintf("copy keys/%d from the home where the card was made", card.Serial)).At(r.dir)
	}
	return nil, fault.New(fault.Invalid, what+" key", fmt.Sprintf("it is not the one on card %d of %s", card.Serial, card.Party), "restore the keys that belong to this database, or the database that belongs to these keys").At(r.dir)
}

// completed is a set of keys with the identity key of the card, wherever in the ring that is.
func (r *Ring) completed(n int, card *exchange.Card) *Keys {
	k := *r.sets[n]
	for _, m := range r.numbers() {
		if id := r.sets[m].Identity; k.Identity == nil && id != nil && public(id).Equal(ed25519.PublicKey(card.Identity)) {
			k.Identity = id
		}
	}
	return &k
}

// Sealing are all keys that open bundles, the newest first: what was sealed before a change is still on its way.
func (r *Ring) Sealing() (out []age.Identity) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.numbers() {
		out = append(out, r.sets[n].Sealing)
	}
	return out
}

// Certificate is the one made of the TLS key on a card.
func (r *Ring) Certificate(card *exchange.Card) (*tls.Certificate, error) {
	k, err := r.Of(card)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.certificates[card.Serial]; c != nil {
		return c, nil
	}
	c, err := peer.Certificate(k.TLS)
	if err != nil {
		return nil, err
	}
	r.certificates[card.Serial] = &c
	return &c, nil
}

// readKeys reads the keys in one folder.
func readKeys(dir string) (*Keys, error) {
	k := new(Keys)
	for name, into := range k.keyFiles() {
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) && into == &k.Identity {
			continue
		}
		if err != nil {
			return nil, badKey(path, "it cannot be read").Because(err)
		}
		block, _ := pem.Decode(b)
		if block == nil {
			return nil, badKey(path, "it is not a PEM file")
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		ed, ok := key.(ed25519.PrivateKey)
		if err != nil || !ok {
			return nil, badKey(path, "it is not an Ed25519 key")
		}
		*into = ed
	}
	path := filepath.Join(dir, sealingFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, badKey(path, "it cannot be read").Because(err)
	}
	if k.Sealing, err = age.ParseX25519Identity(strings.TrimSpace(string(b))); err != nil {
		return nil, badKey(path, "it is not an age identity")
	}
	return k, nil
}

func badKey(path, why string) *fault.Fault {
	return fault.New(fault.Invalid, "key", why, "restore the keys from the backup; a node without them cannot sign").At(path)
}

func newKeys() (*Keys, error) {
	k := new(Keys)
	for _, into := range k.keyFiles() {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		*into = key
	}
	var err error
	k.Sealing, err = age.GenerateX25519Identity()
	return k, err
}

// onCard puts the public halves on a card.
func (k *Keys) onCard(c *exchange.Card) error {
	pin, err := peer.Pin(public(k.TLS))
	c.Identity, c.Log, c.Mirror = exchange.Key(public(k.Identity)), exchange.Key(public(k.Log)), exchange.Key(public(k.Mirror))
	c.Sealing, c.TLS = k.Sealing.Recipient().String(), pin
	return err
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// writeKeys writes the keys that are there into a folder.
func writeKeys(dir string, k *Keys) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Unavailable, "keys", "their folder cannot be made", "check permissions and space").At(dir).Because(err)
	}
	for name, key := range k.keyFiles() {
		if *key == nil {
			continue
		}
		der, err := x509.MarshalPKCS8PrivateKey(*key)
		if err != nil {
			return err
		}
		if err := file.Write(filepath.Join(dir, name), "key", 0o600, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
			return err
		}
	}
	return file.Write(filepath.Join(dir, sealingFile), "key", 0o600, []byte(k.Sealing.String()+"\n"))
}

func asKey(k exchange.Key) ed25519.PublicKey { return ed25519.PublicKey(k) }
