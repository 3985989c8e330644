package models_test

import (
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// Letters and signs that are drawn as nothing, alone and together.
var invisible = []string{"\u200b", "\u3164", "\u2800", "\u00ad", "\u034f", "\u115f\u1160", "\u17b4", "\ufeff", "\uffa0", "\u2060\u2063", "\u202e", "\ufe0f", "\U000e0001\U000e0041",
	"\U0001d159", "\u0301", "\u00a0\u2003\u3000", "\u200b \u3164\t\u2800\n", "\x01\x1f\u0085"}

func TestATextOfWhichNothingCanBeSeenIsNone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		for _, blank := range invisible {
			_, err := db.CreateApp(ctx, models.NewApp{Slug: "blank", Name: blank})
			refused := map[string]error{"name": err}
			_, refused["headline"] = db.Publish(ctx, models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: blank})
			for field, err := range refused {
				if !isInvalid(field)(err) {
					t.Errorf("%+q as %s: %v; want it refused", blank, field, err)
				}
			}
			if _, err := db.CreateOutage(ctx, models.NewOutage{Slug: "blank", Headline: blank, Apps: []string{"messenger"}}); !isInvalid("headline")(err) {
				t.Errorf("%+q as an outage's headline: %v", blank, err)
			}
			if _, _, err := db.CreateToken(ctx, models.NewToken{Name: blank, Scopes: models.Scopes}); !isInvalid("name")(err) {
				t.Errorf("%+q as a token's name: %v", blank, err)
			}
		}
		opened, err := db.CreateOutage(ctx, models.NewOutage{Slug: "calls", Headline: "Calls fail", Standfirst: "\u200b\u2800", Apps: []string{"messenger"}})
		if err != nil || opened.Standfirst != "" {
			t.Errorf("standfirst %+q, %v; want none", opened.Standfirst, err)
		}
		if p := db.PublishDraft(models.Draft{Outage: "calls", Body: "\u3164"}); p.Update.Body != "" || p.Update.BodyHTML != "" {
			t.Errorf("body %+q, %q; want none", p.Update.Body, p.Update.BodyHTML)
		}
	})
}

func TestATextOfWhichSomethingCanBeSeenIsKept(t *testing.T) {
	db := modelstest.Open(t, modelstest.SQLite)
	db.Outage("messages-down", "messenger")
	for _, visible := range []string{"a", "字", "!", "1\ufe0f\u20e3", "👩\u200d👩", "\u200bאב", "🇬🇧", "\ue000"} {
		if p := db.PublishDraft(models.Draft{Outage: "messages-down", Headline: visible}); p.Update.Headline != visible {
			t.Errorf("%+q became %+q", visible, p.Update.Headline)
		}
	}
}
