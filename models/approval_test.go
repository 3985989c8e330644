package models_test

import (
	"errors"
	"strings"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

const eve = "eve@news.example"

// desk is a newsroom whose key moments need a second person, and where ada has written one.
type desk struct {
	*modelstest.DB
	t             *testing.T
	writer, other models.Session
	draft         models.Draft
	saved         models.SavedDraft
	outage        models.Outage
}

func onDesks(t *testing.T, policy models.Policy, test func(*testing.T, *desk)) {
	t.Helper()
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		d := &desk{DB: db, t: t, outage: db.Outage("messages-down", "messenger")}
		d.writer, d.other = signedIn(t, db, ada), signedIn(t, db, bob)
		if err := db.SetPolicy(t.Context(), policy, "test"); err != nil {
			t.Fatal(err)
		}
		d.write(models.Draft{Kind: models.OrdinaryUpdate, Alert: models.AlertKey, Headline: "Messages fail", Apps: []string{"messenger"}})
		test(t, d)
	})
}

// write saves a draft of the writer.
func (d *desk) write(draft models.Draft) {
	d.t.Helper()
	draft.Outage = "messages-down"
	saved, err := d.SaveDraft(d.t.Context(), d.writer, draft, d.saved.At())
	if err != nil {
		d.t.Fatal(err)
	}
	d.saved, d.draft = saved, draft
	d.draft.From = &models.DraftSource{Session: d.writer, Known: saved.At()}
}

func (d *desk) ask() models.Approval {
	d.t.Helper()
	approval, err := d.AskForApproval(d.t.Context(), d.writer, "messages-down", d.saved.At())
	if err != nil {
		d.t.Fatal(err)
	}
	return approval
}

func (d *desk) publish() (models.Publication, error) { return d.Publish(d.t.Context(), d.draft) }

func (d *desk) wantWaiting(ids ...int64) {
	d.t.Helper()
	waiting, err := d.WaitingApprovals(d.t.Context())
	if err != nil || len(waiting) != len(ids) {
		d.t.Fatalf("waiting = %+v, %v; want %v", waiting, err, ids)
	}
	for i, id := range ids {
		if waiting[i].ID != id || waiting[i].Writer.Email == "" || waiting[i].Outage.Slug != "messages-down" {
			d.t.Errorf("waiting = %+v; want %d", waiting[i], id)
		}
	}
}

func isUnapproved(err error) bool {
	_, ok := errors.AsType[*models.ApprovalNeededError](err)
	return ok && errors.Is(err, models.ErrConflict)
}

var keyMoments = models.Policy{KeyMoments: true}

func TestAKeyMomentNeedsTheApprovalOfASecondPerson(t *testing.T) {
	onDesks(t, keyMoments, func(t *testing.T, d *desk) {
		ctx := t.Context()
		if _, err := d.publish(); !isUnapproved(err) {
			t.Fatalf("without asking: %v", err)
		}
		approval := d.ask()
		if again := d.ask(); again.ID != approval.ID {
			t.Errorf("asking twice makes approvals %d and %d", approval.ID, again.ID)
		}
		d.wantWaiting(approval.ID)
		if _, err := d.publish(); !isUnapproved(err) {
			t.Errorf("while it waits: %v", err)
		}
		if err := d.Approve(ctx, d.writer, approval.ID); !errors.Is(err, models.ErrOwnDraft) {
			t.Errorf("by the writer: %v", err)
		}
		if err := d.ReturnDraft(ctx, d.writer, approval.ID, "No"); !errors.Is(err, models.ErrOwnDraft) {
			t.Errorf("returned by the writer: %v", err)
		}
		viewer := d.other
		person := d.Person("viewer@news.example", models.RoleViewer)
		viewer.Person, viewer.PersonID = &person, &person.ID
		if err := d.Approve(ctx, viewer, approval.ID); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("by a viewer: %v", err)
		}
		if err := d.Approve(ctx, d.other, approval.ID); err != nil {
			t.Fatal(err)
		}
		if err := d.Approve(ctx, d.other, approval.ID); !errors.Is(err, models.ErrDecided) {
			t.Errorf("approved twice: %v", err)
		}
		d.wantWaiting()
		published, err := d.publish()
		if err != nil {
			t.Fatal(err)
		}
		if entries, err := d.AuditEntries(ctx, 3); err != nil || entries[0].Action != "publish update" || entries[1].Action != "approve draft" || entries[1].Actor != "person "+bob {
			t.Errorf("audit = %+v, %v", entries, err)
		}
		d.saved, d.draft.Again = models.SavedDraft{}, true
		d.write(d.draft)
		d.draft.Again = true
		if _, err := d.publish(); !isUnapproved(err) {
			t.Errorf("update %d's approval publishes the same words again: %v", published.Update.ID, err)
		}
	})
}

func TestAChangedDraftMustBeApprovedAnew(t *testing.T) {
	onDesks(t, keyMoments, func(t *testing.T, d *desk) {
		ctx := t.Context()
		first := d.ask()
		d.draft.Headline = "Messages still fail"
		d.write(d.draft)
		d.wantWaiting()
		if err := d.Approve(ctx, d.other, first.ID); !errors.Is(err, models.ErrDraftChanged) {
			t.Errorf("the old version is approved: %v", err)
		}
		second := d.ask()
		if err := d.Approve(ctx, d.other, second.ID); err != nil {
			t.Fatal(err)
		}
		approved := d.draft
		for name, change := range map[string]func(*models.Draft){
			"the headline": func(d *models.Draft) { d.Headline = "Messages are back" },
			"the text":     func(d *models.Draft) { d.Body = "For ever." },
			"a state":      func(d *models.Draft) { d.States = map[string]models.AppState{"messenger": models.Up} },
			"the version": func(d *models.Draft) {
				d.From = &models.DraftSource{Session: approved.From.Session, Known: models.DraftVersion{ID: 1, Version: 1}}
			},
			"the writer": func(other *models.Draft) {
				other.From = &models.DraftSource{Session: d.other, Known: approved.From.Known}
			},
			"no draft": func(d *models.Draft) { d.From = nil },
		} {
			d.draft = approved
			change(&d.draft)
			if _, err := d.publish(); !isUnapproved(err) {
				t.Errorf("%s differs: %v", name, err)
			}
		}
		d.draft = approved
		d.draft.Headline = "Edited again"
		d.write(d.draft)
		if _, err := d.publish(); !isUnapproved(err) {
			t.Errorf("a draft that was changed after its approval: %v", err)
		}
	})
}

func TestADraftIsReturnedWithAReason(t *testing.T) {
	onDesks(t, keyMoments, func(t *testing.T, d *desk) {
		ctx := t.Context()
		approval := d.ask()
		for _, reason := range []string{"", " \n", strings.Repeat("x", 1001)} {
			if err := d.ReturnDraft(ctx, d.other, approval.ID, reason); !isInvalid("reason")(err) {
				t.Errorf("a reason of %d bytes: %v", len(reason), err)
			}
		}
		if err := d.ReturnDraft(ctx, d.other, approval.ID, " Say <since> when. "); err != nil {
			t.Fatal(err)
		}
		d.wantWaiting()
		returned, err := d.DraftApproval(ctx, d.saved.ID)
		if err != nil || returned.State != models.ApprovalReturned || returned.Reason != "Say <since> when." || returned.Decider == nil || returned.Decider.Email != bob {
			t.Errorf("approval = %+v, %v", returned, err)
		}
		if _, err := d.publish(); !isUnapproved(err) {
			t.Errorf("publish: %v", err)
		}
		if again := d.ask(); again.ID == approval.ID {
			t.Error("the writer cannot ask again")
		}
	})
}

func TestAnAlertToManyReadersNeedsApprovalAlsoFromPrograms(t *testing.T) {
	one := 1
	onDesks(t, models.Policy{AboveReaders: &one}, func(t *testing.T, d *desk) {
		d.Reader("outage/messages-down:all")
		program := models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "News", Actor: "token cms"}
		if _, err := d.Publish(t.Context(), program); err != nil {
			t.Errorf("to one reader: %v", err)
		}
		d.Reader("outage/messages-down:all")
		program.Headline = "More news"
		_, err := d.Publish(t.Context(), program)
		if !isUnapproved(err) || !strings.Contains(err.Error(), "an alert to more than 1 reader needs the approval of a second person") {
			t.Errorf("to two readers: %v", err)
		}
		reason := "It burns."
		program.Override = &reason
		if _, err := d.Publish(t.Context(), program); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("a program overrides: %v", err)
		}
		program.Override, program.Alert = nil, models.AlertNone
		if _, err := d.Publish(t.Context(), program); err != nil {
			t.Errorf("without an alert: %v", err)
		}
	})
}

func TestAChiefOverridesThePolicyWithAReason(t *testing.T) {
	onDesks(t, keyMoments, func(t *testing.T, d *desk) {
		ctx := t.Context()
		override := func(reason string) error {
			d.draft.Override = &reason
			_, err := d.publish()
			return err
		}
		if err := override("Nobody else is here."); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("by an editor: %v", err)
		}
		chief, err := d.SessionBySecret(ctx, d.Session(d.Person(eve, models.RoleChief)))
		if err != nil {
			t.Fatal(err)
		}
		d.writer, d.saved = chief, models.SavedDraft{}
		d.draft.Actor = chief.Actor()
		d.write(d.draft)
		if err := override("  "); !isInvalid("reason")(err) {
			t.Errorf("without a reason: %v", err)
		}
		if err := override(" Nobody else is here. "); err != nil {
			t.Fatal(err)
		}
		entries, err := d.AuditEntries(ctx, 2)
		if err != nil || entries[1].Action != "override approval" || entries[1].Actor != "person "+eve || entries[1].Subject != "outage/messages-down#1: Nobody else is here." {
			t.Errorf("audit = %+v, %v", entries, err)
		}
	})
}

func TestWhatWasUndoneKeepsItsApprovalUntilItChanges(t *testing.T) {
	onDesks(t, keyMoments, func(t *testing.T, d *desk) {
		ctx := t.Context()
		if err := d.Approve(ctx, d.other, d.ask().ID); err != nil {
			t.Fatal(err)
		}
		published := publishHeld(t, d.DB, d.draft)
		if err := d.StopAlert(ctx, published.Alert.ID, "test"); err != nil {
			t.Fatal(err)
		}
		saved, err := d.SavedDraft(ctx, d.writer, d.outage)
		if err != nil {
			t.Fatal(err)
		}
		d.saved = saved
		d.draft.From.Known = saved.At()
		if _, err := d.publish(); err != nil {
			t.Errorf("the same words again: %v", err)
		}
	})
}

func TestAPolicyIsOneRow(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		if policy, err := db.Policy(ctx); err != nil || policy.KeyMoments || policy.AboveReaders != nil {
			t.Errorf("the first policy is %+v, %v; want none", policy, err)
		}
		for _, n := range []int{-1, 1_000_000_001} {
			if err := db.SetPolicy(ctx, models.Policy{AboveReaders: &n}, "test"); !isInvalid("above_readers")(err) {
				t.Errorf("%d readers: %v", n, err)
			}
		}
		many := 10_000
		for _, policy := range []models.Policy{{KeyMoments: true}, {AboveReaders: &many}} {
			if err := db.SetPolicy(ctx, policy, "person "+ada); err != nil {
				t.Fatal(err)
			}
		}
		if policy, err := db.Policy(ctx); err != nil || policy.KeyMoments || policy.AboveReaders == nil || *policy.AboveReaders != many || db.Count("policies") != 1 {
			t.Errorf("the policy is %+v, %v", policy, err)
		}
		if entries, err := db.AuditEntries(ctx, 1); err != nil || entries[0].Action != "set approval policy" || entries[0].Subject != "alerts to more than 10000 readers" {
			t.Errorf("audit = %+v, %v", entries, err)
		}
		if err := db.MigrateDown(ctx, 17); err != nil {
			t.Fatal(err)
		}
		if _, err := again(t, db).Migrate(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
