package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"accord/content"
	"accord/internal/db"
	"accord/internal/history"
	"accord/internal/search"
	"accord/internal/who"
)

// manyDocuments is how many documents are searched.
const manyDocuments = 100_000

// Query measures the search over many documents in three languages, on every engine that is here.
func Query(ctx context.Context, server string, documents int) ([]Figure, error) {
	dir, err := os.MkdirTemp("", "accord-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if documents == 0 {
		documents = manyDocuments
	}
	var out []Figure
	for _, e := range engines(dir, server) {
		figures, err := queryOn(ctx, e, documents)
		if err != nil {
			return nil, err
		}
		out = append(out, figures...)
	}
	return out, nil
}

func queryOn(ctx context.Context, e *engine, documents int) (figures []Figure, err error) {
	defer func() {
		if dropped := e.drop(ctx); err == nil {
			err = dropped
		}
	}()
	d, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	files, err := content.Search()
	if err != nil {
		return nil, err
	}
	words, err := search.ReadWords(files)
	if err != nil {
		return nil, err
	}
	made, err := newAuthor(1)
	if err != nil {
		return nil, err
	}
	const each = 1024
	letters, begun := 0, time.Now()
	for from := 0; from < documents; from += each {
		docs := make([]search.Doc, min(each, documents-from))
		for i := range docs {
			docs[i] = made.document(from + i)
			letters += len([]rune(docs[i].Title[0].Text)) + len([]rune(docs[i].Body[0].Text))
		}
		if err := d.Update(ctx, func(tx *db.Tx) error { return search.Put(ctx, tx, docs) }); err != nil {
			return nil, err
		}
	}
	rate := float64(documents) / time.Since(begun).Seconds()
	size, err := sizeOf(ctx, e, d)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("search of %d documents, %s, ", documents, e.name)
	figures = []Figure{
		{Name: what + "taken in", Value: rate, Unit: "docs/s"},
		{Name: what + "letters each", Value: float64(letters) / float64(documents), Unit: "letters"},
		{Name: what + "stored each, text and index", Value: float64(size) / float64(documents), Unit: "bytes"},
	}
	times, slowest, err := made.ask(ctx, d, words)
	if err != nil {
		return nil, err
	}
	return append(figures,
		Figure{Name: what + "median", Value: times[len(times)/2], Unit: "ms"},
		atMost(what+"p95", times[len(times)*95/100], "ms", 100),
		Figure{Name: what + "slowest (" + slowest + ")", Value: times[len(times)-1], Unit: "ms"}), nil
}

func sizeOf(ctx context.Context, e *engine, d *db.DB) (size int64, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		ask := `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`
		if e.server != "" {
			ask = `SELECT pg_database_size(current_database())`
		}
		_, err := tx.Row(ctx, ask, nil, &size)
		return err
	})
	return size, err
}

// An author writes documents as offices do: sentences of the registered history, and words of which few are frequent and many rare.
type author struct {
	rand  *rand.Rand
	langs []string
	says  map[string][]string // sentences of the history
	words map[string][]string // made ones, the frequent first
	named []string            // the parties, in each language
	zipf  *rand.Zipf
}

func newAuthor(seed uint64) (*author, error) {
	h, err := history.Load(content.FS)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 1))
	a := &author{rand: r, langs: []string{"ko", "ja", "en"}, says: map[string][]string{}, words: map[string][]string{}, zipf: rand.NewZipf(r, 1.15, 8, 19_999)}
	for i := range h.Events {
		for _, t := range h.Events[i].What {
			a.says[t.Lang] = append(a.says[t.Lang], t.Text)
		}
	}
	for i := range h.Parties {
		for _, t := range h.Parties[i].Names {
			a.named = append(a.named, t.Text)
		}
	}
	for _, in := range h.Instruments {
		for i := range in.Clauses {
			for _, t := range in.Clauses[i].Texts {
				a.says[t.Lang] = append(a.says[t.Lang], t.Text)
			}
		}
	}
	for _, lang := range a.langs {
		slices.Sort(a.says[lang])
		for range 20_000 {
			a.words[lang] = append(a.words[lang], a.word(lang))
		}
	}
	return a, nil
}

// Syllables of which words are made.
var syllables = map[string][]string{
	"ko": strings.Fields("가 각 간 감 강 개 거 건 경 계 고 공 과 관 교 구 국 군 권 기 나 난 남 내 노 단 당 대 도 동 등 라 로 리 마 만 명 모 무 문 물 미 민 박 반 방 배 법 변 보 복 본 부 북 분 비 사 산 상 서 선 설 성 세 소 수 순 시 식 신 실 심 아 안 양 어 업 연 영 예 오 완 외 용 우 원 위 유 육 은 음 의 이 인 일 자 작 장 재 전 점 정 제 조 주 준 중 지 직 진 차 책 천 청 체 초 총 추 치 타 통 특 평 포 하 학 한 해 행 현 호 화 환 활 회 후 훈"),
	"ja": strings.Fields("安 案 以 意 委 域 一 運 営 援 化 価 会 海 開 害 街 学 活 監 管 関 気 機 技 議 急 救 給 供 協 教 業 区 計 警 建 県 研 検 減 工 公 交 行 港 合 国 災 際 作 策 産 市 施 資 事 時 自 式 実 車 社 取 手 集 住 情 場 状 職 人 水 制 政 整 設 全 組 対 大 地 知 調 通 定 点 都 土 東 道 特 導 難 入 認 年 農 発 避 備 表 評 部 福 物 文 分 平 保 報 方 法 防 民 務 有 用 要 理 流 料 力 路 ア イ ウ エ カ ク コ サ シ ス セ タ テ ト ナ ネ ハ フ マ メ ラ リ ル レ ン ー"),
	"en": strings.Fields("ac ad al am an ap ar as at ba be bi bo ca ce ci co com con cre cu da de di do du ed el em en er es ex fa fi fo ga ge go gra ha hi ho im in int is it la le li lo lu ma me men mi mo mu na ne ni no nu of on op or pa pe per po pre pri pro ra re ri ro sa se si so sta sto su ta te ter ti tion to tra tri tu un ur va ve vi wa we wi"),
}

func (a *author) word(lang string) string {
	all := syllables[lang]
	n := 2 + a.rand.IntN(2)
	if lang == "en" {
		n++
	}
	var b strings.Builder
	for range n {
		b.WriteString(all[a.rand.IntN(len(all))])
	}
	return b.String()
}

func (a *author) pick(lang string) string { return a.words[lang][a.zipf.Uint64()] }

func (a *author) sentence(lang string, words int) string {
	between := " "
	if lang == "ja" {
		between = "の"
	}
	out := make([]string, words)
	for i := range out {
		out[i] = a.pick(lang)
	}
	return strings.Join(out, between)
}

// document is one of some 400 letters in one of the languages, with a year or a number in it.
func (a *author) document(n int) search.Doc {
	lang := a.langs[n%len(a.langs)]
	body := make([]string, 0, 12)
	for range 5 + a.rand.IntN(6) {
		body = append(body, a.sentence(lang, 6+a.rand.IntN(6)))
	}
	body = append(body, a.says[lang][a.rand.IntN(len(a.says[lang]))], fmt.Sprintf("%d-%02d, No. %d", 1990+a.rand.IntN(36), 1+a.rand.IntN(12), n))
	needs := who.See
	switch a.rand.IntN(10) {
	case 0:
		needs = who.SeeContent
	case 1:
		needs = who.Public
	}
	return search.Doc{Kind: search.Kinds()[a.rand.IntN(7)], Ref: fmt.Sprint("d", n), Needs: needs, At: time.Date(1990+a.rand.IntN(36), 1, 1+a.rand.IntN(365), 0, 0, 0, 0, time.UTC),
		Title: []search.Text{{Lang: lang, Text: a.sentence(lang, 4)}}, Body: []search.Text{{Lang: lang, Text: strings.Join(body, "\n")}}}
}

// ask asks what people ask: frequent and rare words, two of them, a name, a year, the beginning of a word, one kind, the next page.
func (a *author) ask(ctx context.Context, d *db.DB, words *search.Words) (times []float64, slowest string, err error) {
	reader := who.Person{ID: "reader", Role: who.Officer}
	worst := 0.0
	runtime.GC()
	for i := range 300 {
		lang := a.langs[i%3]
		said := []rune(a.says[lang][a.rand.IntN(len(a.says[lang]))])
		texts := []string{
			a.pick(lang), a.words[lang][0], a.words[lang][10_000+a.rand.IntN(10_000)], a.pick(lang) + " " + a.pick(lang), string(said[:min(6, len(said))]),
			"舛添要一", "마스조에", "令和5年", "2014", a.named[i%len(a.named)], a.named[i*7%len(a.named)], "com", "2014-07", a.words[lang][1] + " " + a.words[lang][2] + " " + a.words[lang][3], "\"" + string(said) + "\"",
		}
		text := texts[i%len(texts)]
		q, err := words.Parse(text)
		if err != nil {
			continue
		}
		ask := search.Ask{Query: q, By: reader.May, Limit: 20}
		if i%5 == 4 {
			ask.Kind = search.Letter
		}
		for range 2 { // the page and the next one
			begun := time.Now()
			var found *search.Found
			if err := d.View(ctx, func(tx *db.Tx) error { found, err = search.Find(ctx, tx, ask); return err }); err != nil {
				return nil, "", err
			}
			took := time.Since(begun).Seconds() * 1000
			if times = append(times, took); took > worst {
				worst, slowest = took, text
			}
			if ask.After = found.Next; ask.After == "" {
				break
			}
		}
	}
	slices.Sort(times)
	return times, slowest, nil
}
