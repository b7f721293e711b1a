package peer

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/link"
)

// A Server answers partners.
type Server struct {
	links    *link.Links
	own      Own
	underway *Underway
	log      *slog.Logger
	came     func() // called when something new was stored
	room     chan struct{}
	guests   guests

	// BehindProxy: TLS ends at a proxy, and a request is signed instead.
	BehindProxy bool
	// Wake tells a request that waits when to look whether there is something to say; nil: nobody waits.
	Wake func() (ring <-chan struct{}, stop func())
	// Stop ends what waits.
	Stop <-chan struct{}
}

// NewServer returns the handler for partners and the TLS configuration that lets only them in.
func NewServer(links *link.Links, own Own, underway *Underway, log *slog.Logger, came func()) *Server {
	return &Server{links: links, own: own, underway: underway, log: log, came: came, room: make(chan struct{}, atOnce)}
}

// TLS is the configuration of the listener: TLS 1.3, our key, and a client key that a partner's card pins.
func (s *Server) TLS() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.own.atLarge(h.Context(), s.links) },
		ClientAuth:     tls.RequireAnyClientCert,
		VerifyConnection: func(state tls.ConnectionState) error {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			_, err := s.partner(ctx, state)
			return err
		},
	}
}

// partner names the partner whose card pins the key at the other end.
func (s *Server) partner(ctx context.Context, state tls.ConnectionState) (string, error) {
	pin, err := pinOf(state)
	if err != nil {
		return "", err
	}
	parties, err := s.links.Partners(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range parties {
		chain, err := s.links.Chain(ctx, p)
		if err != nil {
			return "", err
		}
		if pinned(chain, pin) {
			return p, nil
		}
	}
	return "", errUnknown()
}

// sender says who sends a request, and what of its content is still to be checked: behind a proxy by its signature, else by
// the key at the other end of the connection.
func (s *Server) sender(r *http.Request) (party string, check func(content []byte) error, err error) {
	if !s.BehindProxy {
		party, err = s.partner(r.Context(), *r.TLS)
		return party, func([]byte) error { return nil }, err
	}
	signed, err := exchange.ParseRequest(Path, r.Header.Get("Content-Digest"), r.Header.Get("Signature-Input"))
	if err != nil {
		return "", nil, err
	}
	if age := time.Since(signed.Created).Abs(); age > slack {
		return "", nil, fault.New(fault.Unavailable, "request", "it was signed at "+signed.Created.Format(time.RFC3339)+"; it is late, or a clock, here or there, is wrong", "set the clocks; it is tried again")
	}
	chain, err := s.links.Chain(r.Context(), signed.Party)
	if err != nil {
		return "", nil, err
	}
	for _, card := range chain.Around(time.Now(), slack) {
		if card.Serial == signed.Card {
			return signed.Party, func(content []byte) error {
				if sha256.Sum256(content) != signed.Content {
					return fault.New(fault.Refused, "request", "its content is not what was signed", "look at what the proxy changes")
				}
				return nil
			}, signed.Verify(r.Header.Get("Signature"), card)
		}
	}
	return "", nil, errUnknown()
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := s.serve(w, r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Write(answer)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.URL.Path != Path || r.Method != http.MethodPost {
		return nil, fault.New(fault.NotFound, "request", "this address only takes bundles", "POST a bundle to "+Path)
	}
	r.Pattern = "POST " + Path // for whoever counts requests
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != mediaType {
		return nil, fault.New(fault.Invalid, "request", "its media type is not "+mediaType, "send a sealed bundle")
	}
	party, check, err := s.sender(r)
	if err != nil {
		return nil, err
	}
	guest, err := s.guests.enter(party)
	if err != nil {
		return nil, err
	}
	defer guest.leave()
	sealed, err := io.ReadAll(http.MaxBytesReader(w, r.Body, exchange.MaxSealed))
	if err != nil {
		return nil, fault.New(fault.Invalid, "bundle", "it is too large or was cut off", "send it again").Because(err)
	}
	if err := check(sealed); err != nil {
		return nil, err
	}
	defer s.underway.answering(party)()
	load, err := s.read(r.Context(), party, guest, sealed)
	if err != nil {
		return nil, err
	}
	if wait := patienceOf(r.Header.Get("Prefer")); wait > 0 {
		guest.leave()
		if err := s.wait(r.Context(), party, wait); err != nil {
			return nil, err
		}
	}
	written, err := s.links.Write(r.Context(), party, load)
	if err != nil {
		return nil, err
	}
	return written.Sealed, nil
}

// read stores a partner's bundle and says what the answer may take along.
func (s *Server) read(ctx context.Context, party string, guest *guest, sealed []byte) (link.Load, error) {
	release, err := s.enter(ctx, guest)
	if err != nil {
		return 0, err
	}
	defer release()
	report, err := s.links.Read(ctx, sealed, link.Way{Carrier: link.ByHTTPS, Trust: func(card *exchange.Card) error {
		if card.Party != party {
			return fault.New(fault.Refused, "bundle", "it is from "+card.Party+" and came from "+party, "each city sends its own bundles")
		}
		return nil
	}})
	switch {
	case errors.Is(err, link.ErrGap): // our word alone says what is missing
		s.log.InfoContext(ctx, "bundle with a gap before it", "from", party, "error", err)
		guest.useless()
		return link.WordOnly, nil
	case err != nil:
		guest.useless()
		return 0, err
	}
	logReport(ctx, s.log, "bundle read", sealed, report)
	if moved(report) > 0 {
		s.came()
	} else {
		guest.useless()
	}
	if s.underway.Busy(party) {
		return link.WordOnly, nil
	}
	return link.OneAtATime, nil
}

// patienceOf reads how long a partner wants to wait for an answer, at most as long as anybody may.
func patienceOf(prefer string) time.Duration {
	seconds, ok := strings.CutPrefix(prefer, "wait=")
	n, err := strconv.Atoi(seconds)
	if !ok || err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, longest)
}

// lookAgain is how often a request that waits looks by itself.
const lookAgain = time.Second

// wait returns when there is something to say to the partner, when it has waited long enough, or when another request of the
// partner comes to wait: each has one place.
func (s *Server) wait(ctx context.Context, party string, long time.Duration) error {
	if s.Wake == nil {
		return nil
	}
	ring, stop := s.Wake()
	defer stop()
	next, leave := s.guests.waits(party)
	defer leave()
	over := time.NewTimer(long)
	defer over.Stop()
	for {
		if due, err := s.links.Due(ctx, party); err != nil || due {
			return err
		}
		select {
		case <-over.C:
			return nil
		case <-next:
			return nil
		case <-s.Stop:
			return nil
		case <-ctx.Done():
			return fault.New(fault.Unavailable, "request", "it was given up while it waited", "try again later").Because(ctx.Err())
		case <-ring:
		case <-time.After(lookAgain):
		}
	}
}

// atOnce is how many bundles are read at a time: each may inflate to exchange.MaxPlain.
const atOnce = 2

// enter waits for room to read one more bundle. Of each partner one is read at a time: none takes all the room.
func (s *Server) enter(ctx context.Context, guest *guest) (release func(), err error) {
	left := fault.New(fault.Unavailable, "request", "it was given up while it waited", "try again later")
	select {
	case guest.reading <- struct{}{}:
	case <-ctx.Done():
		return nil, left.Because(ctx.Err())
	}
	select {
	case s.room <- struct{}{}:
		return func() { <-s.room; <-guest.reading }, nil
	case <-ctx.Done():
		<-guest.reading
		return nil, left.Because(ctx.Err())
	}
}

func logReport(ctx context.Context, log *slog.Logger, what string, sealed []byte, r *link.Report) {
	level := slog.LevelDebug
	if r.Aside > 0 {
		level = slog.LevelWarn
	}
	log.Log(ctx, level, what, "bundle", link.SealedSum(sealed), "from", r.From, "applied", r.Applied,
		"known", r.Known, "aside", r.Aside, "delivered", r.Delivered)
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	kind := fault.KindOf(err)
	p := problem{Title: string(kind), Status: statusOf[kind], Kind: kind, What: "node", Detail: "this node failed", Do: "try again later"}
	switch f, ok := errors.AsType[*fault.Fault](err); {
	case !ok || kind == fault.Internal:
	case kind == fault.Unavailable && f.Err != nil: // what our database says is nobody else's affair
		p.Detail = "this node cannot do it now"
	default:
		p.What, p.Detail, p.Do = f.What, f.Why, f.Do
	}
	s.log.WarnContext(r.Context(), "bundle refused", "kind", kind, "error", err, "remote", r.RemoteAddr)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}
