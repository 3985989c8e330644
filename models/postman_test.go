package models_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

// postman does with alerts what a notifier does, but for the sending: he notes
// who was sent what, and when.
type postman struct {
	t  testing.TB
	db *modelstest.DB
	// answers says what comes of a push. Default: accepted.
	answers func(models.Recipient) ledger.Outcome
	sent    []letter
}

type letter struct {
	reader, update int64
	catchUp        bool
	at             time.Time
}

// retryAfter is how long who waits waits.
const retryAfter = 20 * time.Minute

func newPostman(t testing.TB, db *modelstest.DB) *postman {
	return &postman{t: t, db: db, answers: func(models.Recipient) ledger.Outcome { return ledger.Accepted }}
}

// keepsWaiting lets a reader's push service put him off, again and again.
func (p *postman) keepsWaiting(reader models.Subscription) {
	p.answers = func(r models.Recipient) ledger.Outcome {
		if r.ID == reader.ID {
			return ledger.Waiting
		}
		return ledger.Accepted
	}
}

// round does everything that is due.
func (p *postman) round() {
	p.t.Helper()
	for range 2 { // the second plans the catch-ups that the first opened
		ids, err := p.db.UnplannedAlerts(p.t.Context())
		p.must(err)
		for _, id := range ids {
			p.db.PlanAll(id)
		}
		shards, err := p.db.DueShards(p.t.Context(), 1000)
		p.must(err)
		for _, shard := range shards {
			p.deliver(shard.ID)
		}
		p.must(p.db.OpenCatchUps(p.t.Context()))
	}
}

func (p *postman) deliver(shardID int64) {
	p.t.Helper()
	ctx := p.t.Context()
	claim, err := p.db.Claim(ctx, shardID)
	p.must(err)
	if claim.Rebuilt != "" {
		p.t.Errorf("shard %d was rebuilt: %s", shardID, claim.Rebuilt)
	}
	if claim.Shard.Position < claim.Shard.UptoID {
		for pages := p.db.Pages(claim); !p.db.Ended(claim); {
			page, err := pages.Next(ctx)
			if errors.Is(err, io.EOF) {
				break
			}
			p.must(err)
			p.must(p.send(claim, page))
		}
	} else if !p.db.Ended(claim) {
		p.must(p.db.WaitingPages(ctx, claim, func(page models.Page) error { return p.send(claim, page) }))
	}
	if p.db.Ended(claim) || !claim.Waits() {
		p.must(p.db.Finish(ctx, claim))
	} else {
		p.must(p.db.RetryLater(ctx, claim))
	}
}

func (p *postman) send(claim *models.Claim, page models.Page) error {
	page, err := p.db.HoldBack(p.t.Context(), claim, page)
	p.must(err)
	var results []models.Result
	for _, r := range page.Recipients {
		result := models.Result{Recipient: r, Outcome: p.answers(r), Due: p.db.Now().Add(retryAfter)}
		results = append(results, result)
		if result.Outcome == ledger.Accepted {
			p.sent = append(p.sent, letter{r.ID, claim.Alert.UpdateID, claim.Alert.CatchUpUntil != nil, p.db.Now()})
		}
	}
	return p.db.Record(p.t.Context(), claim, page, results)
}

// to are the letters to a reader.
func (p *postman) to(reader models.Subscription) (letters []letter) {
	for _, l := range p.sent {
		if l.reader == reader.ID {
			letters = append(letters, l)
		}
	}
	return letters
}

func (p *postman) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}
