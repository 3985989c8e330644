package models_test

import (
	"errors"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// scheduling is a test of scheduled updates, with a person who has saved a draft.
type scheduling struct {
	*modelstest.DB
	t       *testing.T
	writer  models.Person
	session models.Session
	saved   models.SavedDraft
}

func onScheduling(t *testing.T, test func(t *testing.T, s *scheduling)) {
	t.Helper()
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		writer := db.Person("ada@example.org", models.RoleEditor)
		s := &scheduling{DB: db, t: t, writer: writer, session: models.Session{Person: &writer, PersonID: &writer.ID}}
		s.save("Messages return")
		test(t, s)
	})
}

func (s *scheduling) draft(headline string) models.Draft {
	return models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: headline, Apps: []string{"messenger"}, States: map[string]models.AppState{}}
}

func (s *scheduling) save(headline string) {
	s.t.Helper()
	var err error
	if s.saved, err = s.SaveDraft(s.t.Context(), s.session, s.draft(headline), models.DraftVersion{}); err != nil {
		s.t.Fatal(err)
	}
}

// schedule schedules the saved draft.
func (s *scheduling) schedule(after time.Duration) (models.ScheduledUpdate, error) {
	d := s.saved.Content
	d.Outage, d.Actor, d.RequestKey = "messages-down", s.writer.Actor(), "key of "+d.Headline
	d.From = &models.DraftSource{Session: s.session, Known: s.saved.At()}
	return s.Schedule(s.t.Context(), d, s.Clock.Now().Add(after))
}

func (s *scheduling) mustSchedule(after time.Duration) models.ScheduledUpdate {
	s.t.Helper()
	scheduled, err := s.schedule(after)
	if err != nil {
		s.t.Fatal(err)
	}
	return scheduled
}

// publishDue publishes what is due, and returns the problems.
func (s *scheduling) publishDue() (problems []models.ScheduleProblem) {
	s.t.Helper()
	due, err := s.DueUpdates(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range due {
		_, problem, err := s.PublishScheduled(s.t.Context(), u)
		if err != nil {
			s.t.Fatal(err)
		}
		problems = append(problems, problem)
	}
	return problems
}

func (s *scheduling) wantKept(problem models.ScheduleProblem) {
	s.t.Helper()
	kept, err := s.ScheduledUpdates(s.t.Context())
	if err != nil || len(kept) != 1 || kept[0].Problem != problem || kept[0].Content.Headline != "Messages return" || s.Count("updates") != 0 {
		s.t.Errorf("kept %+v, %v, %d updates; want the text, with the problem %q", kept, err, s.Count("updates"), problem)
	}
}

func TestAnUpdateIsPublishedAtItsTimeOnce(t *testing.T) {
	onScheduling(t, func(t *testing.T, s *scheduling) {
		s.mustSchedule(time.Hour)
		s.mustSchedule(time.Hour) // a double click
		if _, err := s.schedule(2 * time.Hour); !errors.Is(err, models.ErrRequestUsed) {
			t.Errorf("the same form with another time: %v", err)
		}
		s.saved.Content.Body = "More"
		if _, err := s.schedule(time.Hour); !errors.Is(err, models.ErrRequestUsed) {
			t.Errorf("the same form with another text: %v", err)
		}
		if s.Count("scheduled_updates") != 1 || s.Count("drafts") != 0 {
			t.Errorf("%d scheduled, %d drafts; want the draft scheduled once", s.Count("scheduled_updates"), s.Count("drafts"))
		}
		s.save("Another text") // meanwhile
		s.Clock.Advance(time.Hour - time.Second)
		if early := s.publishDue(); len(early) > 0 {
			t.Errorf("published before its time: %v", early)
		}
		s.Clock.Advance(time.Second)
		due, err := s.DueUpdates(t.Context())
		if err != nil || len(due) != 1 {
			t.Fatalf("due = %v, %v", due, err)
		}
		published, problem, err := s.PublishScheduled(t.Context(), due[0])
		if err != nil || problem != "" || published.Update.Headline != "Messages return" || published.Update.IsHidden() || published.Alert == nil {
			t.Errorf("published %+v, %q, %v", published, problem, err)
		}
		if _, _, err := s.PublishScheduled(t.Context(), due[0]); !errors.Is(err, models.ErrNotFound) { // another process
			t.Errorf("published twice: %v", err)
		}
		if s.Count("updates") != 1 || s.Count("drafts") != 1 || s.Count("scheduled_updates") != 0 {
			t.Errorf("%d updates, %d drafts, %d scheduled", s.Count("updates"), s.Count("drafts"), s.Count("scheduled_updates"))
		}
	})
}

func TestWhatCannotBeScheduled(t *testing.T) {
	onScheduling(t, func(t *testing.T, s *scheduling) {
		for name, after := range map[string]time.Duration{"now": 0, "the past": -time.Minute, "over a year away": 367 * 24 * time.Hour} {
			if _, err := s.schedule(after); !isInvalid("publish_at")(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.session.Person = nil
		if _, err := s.schedule(time.Hour); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("without a person: %v", err)
		}
		s.session.Person = &s.writer
		s.saved.Version++
		if _, err := s.schedule(time.Hour); err != nil {
			t.Errorf("a draft that says the same as what is saved: %v", err)
		}
		s.save("No reader")
		s.Exec("DELETE FROM follows")
		if _, err := s.schedule(time.Hour); !isInvalid("alert")(err) {
			t.Errorf("an alert without readers: %v", err)
		}
		s.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		s.saved.Content.Alert = models.AlertNone
		if _, err := s.schedule(time.Hour); !errors.Is(err, models.ErrConflict) {
			t.Errorf("an update of a resolved outage: %v", err)
		}
	})
}

func TestAScheduledUpdateThatCannotBePublishedIsKeptAndSaysWhy(t *testing.T) {
	for problem, happens := range map[models.ScheduleProblem]func(s *scheduling){
		models.ScheduledLate: func(s *scheduling) { s.Clock.Advance(11 * time.Minute) },
		models.ScheduledByNobody: func(s *scheduling) {
			s.Exec("UPDATE people SET role = 'viewer' WHERE id = ?", s.writer.ID)
		},
		models.ScheduledUnapproved: func(s *scheduling) {
			none := 0
			if err := s.SetPolicy(s.t.Context(), models.Policy{AboveReaders: &none}, "test"); err != nil {
				s.t.Fatal(err)
			}
		},
		models.ScheduledInvalid: func(s *scheduling) {
			s.Exec(`UPDATE scheduled_updates SET content = replace(content, 'messenger', 'icq')`)
		},
	} {
		t.Run(string(problem), func(t *testing.T) {
			onScheduling(t, func(t *testing.T, s *scheduling) {
				s.mustSchedule(time.Hour)
				s.Clock.Advance(time.Hour)
				happens(s)
				if got := s.publishDue(); len(got) != 1 || got[0] != problem {
					t.Errorf("problems = %v", got)
				}
				s.wantKept(problem)
				if again := s.publishDue(); len(again) > 0 {
					t.Errorf("it is tried again: %v", again)
				}
			})
		})
	}
}

func TestAScheduledUpdateOfAResolvedOutageOrInWordsJustSentIsKept(t *testing.T) {
	onScheduling(t, func(t *testing.T, s *scheduling) {
		s.mustSchedule(time.Minute)
		s.PublishDraft(models.Draft{Outage: "messages-down", Headline: "messages  RETURN"})
		s.Clock.Advance(time.Minute)
		if got := s.publishDue(); len(got) != 1 || got[0] != models.ScheduledRepeated {
			t.Errorf("words that were just sent: %v", got)
		}
		s.save("Later")
		s.mustSchedule(time.Minute)
		s.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution})
		s.Clock.Advance(time.Minute)
		if got := s.publishDue(); len(got) != 1 || got[0] != models.ScheduledResolved {
			t.Errorf("after the resolution: %v", got)
		}
	})
}

func TestUnschedulingReturnsTheTextAndItsApproval(t *testing.T) {
	onScheduling(t, func(t *testing.T, s *scheduling) {
		none := 0
		if err := s.SetPolicy(t.Context(), models.Policy{AboveReaders: &none}, "test"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.schedule(time.Hour); !errors.As(err, new(*models.ApprovalNeededError)) {
			t.Fatalf("scheduled without approval: %v", err)
		}
		approval, err := s.AskForApproval(t.Context(), s.session, "messages-down", s.saved.At())
		if err != nil {
			t.Fatal(err)
		}
		second := s.Person("bob@example.org", models.RoleEditor)
		if err := s.Approve(t.Context(), models.Session{Person: &second, PersonID: &second.ID}, approval.ID); err != nil {
			t.Fatal(err)
		}
		scheduled := s.mustSchedule(time.Hour)
		if _, err := s.DeleteScheduled(t.Context(), scheduled.ID, "test"); !errors.Is(err, models.ErrScheduled) {
			t.Errorf("deleted while it waits: %v", err)
		}
		_, err = s.Unschedule(t.Context(), scheduled.ID, "test")
		isDone(t, err)
		outage, err := s.Store.Outage(t.Context(), "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		if s.saved, err = s.SavedDraft(t.Context(), s.session, outage); err != nil || s.saved.Content.Headline != "Messages return" {
			t.Fatalf("the draft is %+v, %v", s.saved, err)
		}
		s.mustSchedule(time.Hour) // it is still approved
		s.Clock.Advance(time.Hour)
		if got := s.publishDue(); len(got) != 1 || got[0] != "" {
			t.Errorf("problems = %v", got)
		}
	})
}

func TestUnschedulingLosesNoText(t *testing.T) {
	onScheduling(t, func(t *testing.T, s *scheduling) {
		scheduled := s.mustSchedule(time.Hour)
		s.save("Another text")
		_, err := s.Unschedule(t.Context(), scheduled.ID, "test")
		isDone(t, err)
		s.wantKept(models.Unscheduled)
		if _, err := s.Unschedule(t.Context(), scheduled.ID, "test"); !errors.Is(err, models.ErrOtherDraft) {
			t.Errorf("beside another draft: %v", err)
		}
		s.Clock.Advance(time.Hour)
		if got := s.publishDue(); len(got) > 0 {
			t.Errorf("published after it was unscheduled: %v", got)
		}
		if _, err := s.SaveDraft(t.Context(), s.session, s.draft(""), s.saved.At()); err != nil {
			t.Fatal(err)
		}
		isDone(t, s.MigrateDown(t.Context(), 27))
		if s.Count("drafts") != 1 {
			t.Errorf("%d drafts; want the text back", s.Count("drafts"))
		}
		_, err = s.Migrate(t.Context())
		isDone(t, err)
	})
}
