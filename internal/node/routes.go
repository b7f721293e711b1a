package node

import (
	"net/http"

	"accord/exchange"
	"accord/internal/web"
	"accord/internal/who"
)

// A route is one address of the pages, the right a person needs there, and what answers.
type route struct {
	pattern string
	right   who.Right
	answer  web.Handler
}

// routes is every address there is: what does not stand here cannot be reached.
func (p *pages) routes(s *web.Site) []route {
	return []route{
		{"GET /{$}", who.Public, s.Overview},
		{"GET /pulse.json", who.Public, p.pulse},
		{"GET /pulse/facts.json", who.Public, s.Facts},
		{"GET /clauses", who.Public, s.Clauses},
		{"GET /clauses/{id}", who.Public, s.Promise},
		{"GET /instruments", who.Public, s.Texts},
		{"GET /instruments/{id}", who.Public, s.Text},
		{"GET /healthz", who.Public, p.health()},
		{"GET /readyz", who.Public, p.health()},
		{"GET /assets/{name}", who.Public, s.Asset},
		{"GET /sign-in", who.Public, s.SignInPage},
		{"POST /sign-in", who.Public, s.SignIn},
		{"GET /styles", who.Public, s.Styles},
		{"GET /guide", who.Public, s.GuideStart},
		{"GET /guide/{page}", who.Public, s.Guide},
		{"GET /", who.Public, s.Missing},
		{"GET /search", who.Public, s.Search},

		{"POST /sign-out", who.Self, s.SignOut},
		{"GET /account", who.Self, s.MyAccount},
		{"POST /account/password", who.Self, s.ChangePassword},
		{"POST /account/sign-out-everywhere", who.Self, s.SignOutEverywhere},

		{"GET /receipts/{writer}/{index}", who.See, s.Receipt},
		{"GET /check", who.Public, s.Check},
		{"GET /link", who.See, s.LinkPage},
		{"GET /link/{party}/waiting", who.SeeWaiting, s.LinkPart("waiting")},
		{"GET /link/{party}/left", who.See, s.LinkPart("left")},
		{"GET /link/{party}/came", who.See, s.LinkPart("came")},
		{"GET /link/{party}/aside", who.See, s.LinkPart("aside")},
		{"GET /entries/{writer}/{index}", who.See, s.Entry},
		{"GET /entries/{writer}/{index}/body", who.SeeContent, s.EntryBody},
		{"POST /entries/{writer}/{index}/retry", who.Speak, s.RetryEntry},
		{"GET /cards/{party}/{serial}", who.See, s.Card},
		{"GET /bundles", who.Speak, s.Bundles},
		{"POST /bundles", who.Speak, s.ReadBundle},
		{"POST /bundles/{party}", who.Speak, s.WriteBundle},

		{"GET /boards", who.See, s.Boards},
		{"GET /boards/{area}/{board}", who.See, s.Board},
		{"GET /boards/{area}/{board}/{figure}/{format}", who.See, s.Figure},
		{"GET /methods/{area}/{method}", who.See, s.Method},
		{"GET /data", who.See, s.DataList},
		{"GET /data/{area}/{name}", who.See, s.Dataset},
		{"GET /data/{area}/{name}/file/{format}", who.See, s.DataFile},
		{"GET /data/{area}/{name}/map", who.See, s.Places},
		{"GET /outlines/{ground}", who.See, s.Outlines},
		{"GET /data/{area}/{name}/record/{origin}/{key}", who.See, s.DataRecord},
		{"GET /data/{area}/{name}/entry", who.Keep, s.DataEntry},
		{"POST /data/{area}/{name}/entry", who.Keep, s.KeepEntry},
		{"POST /data/{area}/{name}/entry/delete", who.Keep, s.DropEntry},

		{"GET /mine", who.Self, s.Mine},
		{"POST /mine/seen", who.Self, s.MarkSeen},

		{"GET /documents", who.See, s.Documents},
		{"GET /documents/{id}", who.See, s.Document},
		{"POST /documents/{id}/open", who.See, s.OpenDocument},
		{"GET /documents/new", who.Speak, s.NewDocument},
		{"POST /documents", who.Speak, s.SendDocument},
		{"POST /documents/{id}/answer", who.Speak, s.AnswerDocument},
		{"POST /documents/{id}/withdraw", who.Speak, s.WithdrawDocument},

		{"GET /claims", who.See, s.Claims},
		{"GET /claims/new", who.Speak, s.NewClaim},
		{"POST /claims", who.Speak, s.FileClaim},
		{"GET /claims/{party}/{name}", who.See, s.ClaimShown},
		{"POST /claims/{party}/{name}/confirm", who.Speak, s.SayWord(exchange.WordConfirmed)},
		{"POST /claims/{party}/{name}/dispute", who.Speak, s.SayWord(exchange.WordDisputed)},
		{"POST /claims/{party}/{name}/take-back", who.Speak, s.SayWord(exchange.WordTakenBack)},
		{"GET /claims/{party}/{name}/correct", who.Speak, s.CorrectForm},
		{"POST /claims/{party}/{name}/correct", who.Speak, s.CorrectClaim},
		{"POST /claims/{party}/{name}/withdraw", who.Speak, s.WithdrawClaim},
		{"POST /claims/{party}/{name}/judge", who.Speak, s.JudgeClaim},

		{"GET /release", who.SeeWaiting, s.Releases},
		{"GET /release/{id}", who.SeeContent, s.Release},
		{"GET /release/{id}/body", who.SeeContent, s.Body},
		{"GET /release/{id}/file", who.SeeContent, s.File},
		{"POST /release/{id}/approve", who.Decide, s.Approve},
		{"POST /release/{id}/refuse", who.Decide, s.Refuse},

		{"GET /accounts", who.SeeAccounts, s.People},
		{"POST /accounts", who.Manage, s.AddPerson},
		{"GET /accounts/{id}", who.SeeAccounts, s.Person},
		{"POST /accounts/{id}/role", who.Manage, s.SetRole},
		{"POST /accounts/{id}/unit", who.Manage, s.SetUnit},
		{"POST /accounts/{id}/password", who.Manage, s.NewPassword},
		{"POST /accounts/{id}/sign-out", who.Manage, s.SignOutPerson},
		{"POST /accounts/{id}/close", who.Manage, s.Close},

		{"GET /audit", who.SeeAudit, s.Deeds},
	}
}

// mount makes the one mux of the pages from the table.
func (p *pages) mount(s *web.Site) *http.ServeMux {
	mux := http.NewServeMux()
	p.table = p.routes(s)
	for _, r := range p.table {
		s.Mount(r.pattern, r.right)
		mux.Handle(r.pattern, s.Handle(r.right, r.answer))
	}
	return mux
}

// health is what the machine's own monitoring asks too, without a person.
func (p *pages) health() web.Handler {
	mux := http.NewServeMux()
	p.node.health(mux)
	return func(w http.ResponseWriter, r *http.Request, _ who.Person) error {
		mux.ServeHTTP(w, r)
		return nil
	}
}
