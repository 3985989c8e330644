package models_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestANoticeWaitsForAMinuteOrAnHourAndIsItsReadersAlone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, other := db.Reader(), db.Reader()
		for kind, life := range map[models.NoticeKind]time.Duration{models.TestNotice: time.Minute, models.WelcomeNotice: time.Hour} {
			made := notify(t, db, reader, kind)
			found := noticeOf(t, db, made)
			modelstest.Check(t, "the "+string(kind)+" notice", modelstest.Facts{
				"kind":        {found.Kind, kind},
				"state":       {found.State, models.NoticeWaiting},
				"answered at": {found.AnsweredAt, nil},
				"created at":  {found.CreatedAt, modelstest.Start},
				"deadline":    {found.Deadline, modelstest.Start.Add(life)},
			})
			if _, err := db.Notice(t.Context(), other, made.ID); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("another's notice: %v", err)
			}
		}
		if _, err := db.CreateNotice(t.Context(), reader, "greeting"); !isInvalid("kind")(err) {
			t.Errorf("another kind: %v", err)
		}
		if err := db.Forget(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		if _, err := db.CreateNotice(t.Context(), other, models.TestNotice); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a notice to nobody: %v", err)
		}
	})
}

func TestADueNoticeIsClaimedByOneOfManyWorkers(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		const size = 50
		for range size {
			notify(t, db, db.Reader(), models.TestNotice)
		}
		var mu sync.Mutex
		claims := map[int64]int{}
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				for {
					claimed, err := db.ClaimNotices(t.Context(), 3)
					if err != nil {
						t.Error(err)
					}
					if len(claimed) == 0 {
						return
					}
					mu.Lock()
					for _, n := range claimed {
						claims[n.ID]++
					}
					mu.Unlock()
				}
			})
		}
		workers.Wait()
		for id, times := range claims {
			if times != 1 {
				t.Errorf("notice %d was claimed %d times", id, times)
			}
		}
		if claimed := claimNotices(t, db); len(claims)+len(claimed) != size { // a row that a claim looks at is left to the next
			t.Errorf("%d of %d notices were claimed", len(claims)+len(claimed), size)
		}
	})
}

func TestANoticeIsSentDuringAPause(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		browser := db.Browser()
		reader, _ := db.ReaderWithSecret(browser)
		later := modelstest.Start.Add(time.Hour)
		if _, err := db.ChangeSubscription(t.Context(), reader, models.SubscriptionChange{PausedUntil: &later}); err != nil {
			t.Fatal(err)
		}
		notify(t, db, reader, models.TestNotice)
		r := claimNotice(t, db).Recipient()
		modelstest.Check(t, "the recipient", modelstest.Facts{
			"ID":              {r.ID, reader.ID},
			"endpoint":        {r.Endpoint, browser.Endpoint},
			"bytes of p256dh": {len(r.P256DH), 65},
			"bytes of auth":   {len(r.Auth), 16},
			"VAPID key":       {r.VAPIDKeyID, reader.VAPIDKeyID},
		})
	})
}

func TestAWorkerThatLostANoticeChangesNothing(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		browser := db.Browser()
		reader, secret := db.ReaderWithSecret(browser)
		made := notify(t, db, reader, models.TestNotice)
		fenced := claimNotice(t, db)
		if claimed := claimNotices(t, db); len(claimed) != 0 {
			t.Fatalf("claimed %+v beside another worker", claimed)
		}
		db.Clock.Advance(20 * time.Second)
		owner := claimNotice(t, db)
		for _, result := range []models.Result{
			{Outcome: ledger.Accepted, Status: 201},
			{Outcome: ledger.Failed, Status: 400, Reason: "no"},
			{Outcome: ledger.Failed, Status: 403, KeyMismatch: true},
			{Outcome: ledger.Waiting, Status: 503, Due: db.Now()},
			{Outcome: ledger.Gone, Status: 410},
		} {
			answered(t, db, fenced, result)
			n := noticeOf(t, db, made)
			modelstest.Check(t, fmt.Sprintf("the notice after the fenced worker's %d", result.Status), modelstest.Facts{
				"state":  {n.State, models.NoticeWaiting},
				"status": {n.Status, 0},
				"due at": {n.DueAt, owner.DueAt},
			})
			if sub, err := db.SubscriptionBySecret(t.Context(), secret); err != nil || sub.NeedsResubscribe {
				t.Fatalf("after the fenced worker's %+v: %+v, %v", result, sub, err)
			}
		}
		answered(t, db, owner, models.Result{Outcome: ledger.Accepted, Status: 201})
		answered(t, db, owner, models.Result{Outcome: ledger.Failed, Status: 400}) // what is answered stays so
		n := noticeOf(t, db, made)
		modelstest.Check(t, "the notice with the owner's answer", modelstest.Facts{
			"state":       {n.State, models.NoticeAccepted},
			"status":      {n.Status, 201},
			"answered at": {n.AnsweredAt, db.Now()},
		})
	})
}

func TestANoticeIsTriedUntilItsDeadline(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		made := notify(t, db, db.Reader(), models.TestNotice)
		busy := models.Result{Outcome: ledger.Waiting, Status: 503, Reason: "busy", Due: modelstest.Start.Add(59 * time.Second)}
		answered(t, db, claimNotice(t, db), busy)
		db.Clock.Advance(58 * time.Second)
		if claimed := claimNotices(t, db); len(claimed) != 0 {
			t.Errorf("claimed %+v before it is due", claimed)
		}
		db.Clock.Advance(time.Second)
		again := claimNotice(t, db)
		if again.Epoch != 2 {
			t.Errorf("epoch = %d; want the second claim", again.Epoch)
		}
		busy.Due = modelstest.Start.Add(time.Minute)
		answered(t, db, again, busy)
		n := noticeOf(t, db, made)
		modelstest.Check(t, "the notice when no try is left", modelstest.Facts{
			"state":       {n.State, models.NoticeFailed},
			"status":      {n.Status, 503},
			"reason":      {n.Reason, "busy"},
			"is answered": {n.AnsweredAt != nil, true},
		})
	})
}

func TestALateNoticeFails(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader := db.Reader()
		untried, tried, welcome := notify(t, db, reader, models.TestNotice), notify(t, db, reader, models.TestNotice), notify(t, db, reader, models.WelcomeNotice)
		for _, n := range claimNotices(t, db) {
			result := models.Result{Outcome: ledger.Waiting, Due: modelstest.Start.Add(50 * time.Second)}
			if n.ID == tried.ID {
				result.Status, result.Reason = 503, "busy"
			}
			answered(t, db, n, result)
		}
		db.Clock.Advance(time.Minute)
		if claimed := claimNotices(t, db); len(claimed) != 1 || claimed[0].ID != welcome.ID {
			t.Errorf("claimed %+v; want the welcome", claimed)
		}
		for id, want := range map[int64]models.Result{
			untried.ID: {Reason: "gave up at the deadline"},
			tried.ID:   {Status: 503, Reason: "busy"},
		} {
			n := noticeOf(t, db, models.Notice{ID: id, SubscriptionID: reader.ID})
			modelstest.Check(t, fmt.Sprintf("the notice answered %q", want.Reason), modelstest.Facts{
				"state":       {n.State, models.NoticeFailed},
				"status":      {n.Status, want.Status},
				"reason":      {n.Reason, want.Reason},
				"is answered": {n.AnsweredAt != nil, true},
			})
		}
	})
}

func TestAGoneAnswerRetiresTheAddressUnlessThereIsANewOne(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		gone, goneSecret := db.ReaderWithSecret(db.Browser())
		moved, movedSecret := db.ReaderWithSecret(db.Browser())
		lost := notify(t, db, gone, models.TestNotice)
		kept := notify(t, db, moved, models.TestNotice)
		claimed := claimNotices(t, db)
		fresh := db.Browser()
		if _, err := db.ChangeSubscription(t.Context(), moved, models.SubscriptionChange{Browser: &fresh}); err != nil {
			t.Fatal(err)
		}
		for _, n := range claimed {
			answered(t, db, n, models.Result{Outcome: ledger.Gone, Status: 410, Reason: "Gone"})
		}
		if sub, err := db.SubscriptionBySecret(t.Context(), goneSecret); err != nil || sub.GoneAt == nil {
			t.Errorf("the gone subscription = %+v, %v", sub, err)
		}
		if sub, err := db.SubscriptionBySecret(t.Context(), movedSecret); err != nil || sub.GoneAt != nil {
			t.Errorf("the moved subscription = %+v, %v", sub, err)
		}
		if again := claimNotice(t, db); again.ID != kept.ID || again.Recipient().Endpoint != fresh.Endpoint {
			t.Errorf("claimed %+v; want the notice for the new endpoint", again)
		}
		n := noticeOf(t, db, lost)
		modelstest.Check(t, "the other notice", modelstest.Facts{
			"state":  {n.State, models.NoticeFailed},
			"status": {n.Status, 410},
			"reason": {n.Reason, "Gone"},
		})
		later := notify(t, db, gone, models.WelcomeNotice)
		if claimed := claimNotices(t, db); len(claimed) != 0 {
			t.Errorf("claimed %+v for an address that is gone", claimed)
		}
		if n := noticeOf(t, db, later); n.State != models.NoticeFailed || n.Reason != models.GoneReason {
			t.Errorf("a notice after that = %+v; want it failed", n)
		}
	})
}

func TestAKeyThatIsRefusedMarksTheSubscriptionUntilOneIsAccepted(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, secret := db.ReaderWithSecret(db.Browser())
		for _, step := range []struct {
			result models.Result
			needs  bool
		}{
			{models.Result{Outcome: ledger.Failed, Status: 403, Reason: "mismatch", KeyMismatch: true}, true},
			{models.Result{Outcome: ledger.Failed, Status: 500, Reason: "no"}, true},
			{models.Result{Outcome: ledger.Accepted, Status: 201}, false},
		} {
			notify(t, db, reader, models.TestNotice)
			answered(t, db, claimNotice(t, db), step.result)
			if sub, err := db.SubscriptionBySecret(t.Context(), secret); err != nil || sub.NeedsResubscribe != step.needs {
				t.Errorf("after %+v: %+v, %v", step.result, sub, err)
			}
		}
	})
}

func TestNoticesAreKeptForADay(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader := db.Reader()
		old := notify(t, db, reader, models.TestNotice)
		const more = 2500
		db.Exec(`INSERT INTO notices (subscription_id, kind, state, epoch, due_at, deadline, status, reason, created_at)
			WITH RECURSIVE copies(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM copies WHERE i < ?)
			SELECT subscription_id, kind, state, epoch, due_at, deadline, status, reason, created_at FROM copies, notices`, more)
		db.Clock.Advance(time.Second)
		young := notify(t, db, reader, models.TestNotice)
		db.Clock.Advance(24*time.Hour - time.Second)
		if err := db.DeleteOldNotices(t.Context()); err != nil {
			t.Fatal(err)
		}
		noticeOf(t, db, models.Notice{ID: old.ID + more, SubscriptionID: reader.ID})
		db.Clock.Advance(time.Second / 2)
		if err := db.DeleteOldNotices(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, id := range []int64{old.ID, old.ID + 1, old.ID + more} {
			if _, err := db.Notice(t.Context(), reader, id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("the old notice %d: %v", id, err)
			}
		}
		noticeOf(t, db, young)
		ended, end := context.WithCancel(t.Context())
		end()
		if err := db.DeleteOldNotices(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("in a process that ends: %v", err)
		}
	})
}

func TestForgetLeavesNoNotice(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, other := db.Reader(), db.Reader()
		made, others := notify(t, db, reader, models.TestNotice), notify(t, db, other, models.TestNotice)
		inFlight := claimNotices(t, db)
		if err := db.Forget(t.Context(), reader); err != nil {
			t.Fatal(err)
		}
		for _, n := range inFlight {
			answered(t, db, n, models.Result{Outcome: ledger.Accepted, Status: 201})
		}
		if _, err := db.Notice(t.Context(), reader, made.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the notice: %v; want none", err)
		}
		if n := noticeOf(t, db, others); n.State != models.NoticeAccepted {
			t.Errorf("another's notice = %+v", n)
		}
	})
}

func notify(t *testing.T, db *modelstest.DB, sub models.Subscription, kind models.NoticeKind) models.Notice {
	t.Helper()
	notice, err := db.CreateNotice(t.Context(), sub, kind)
	if err != nil {
		t.Fatal(err)
	}
	return notice
}

// noticeOf reads a notice again.
func noticeOf(t *testing.T, db *modelstest.DB, made models.Notice) models.Notice {
	t.Helper()
	notice, err := db.Notice(t.Context(), models.Subscription{ID: made.SubscriptionID}, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	return notice
}

func claimNotices(t *testing.T, db *modelstest.DB) []models.Notice {
	t.Helper()
	claimed, err := db.ClaimNotices(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return claimed
}

// claimNotice claims the only one that is due.
func claimNotice(t *testing.T, db *modelstest.DB) models.Notice {
	t.Helper()
	claimed := claimNotices(t, db)
	if len(claimed) != 1 {
		t.Fatalf("claimed %+v; want one notice", claimed)
	}
	return claimed[0]
}

func answered(t *testing.T, db *modelstest.DB, n models.Notice, r models.Result) {
	t.Helper()
	r.Recipient = n.Recipient()
	if err := db.RecordNotices(t.Context(), []models.NoticeResult{{Notice: n, Result: r}}, func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
}
