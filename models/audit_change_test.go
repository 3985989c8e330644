package models_test

import (
	"strings"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestAuditEntriesSayWhatWasBeforeAndAfter(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		says := func(err error, action, before, after string) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			entries, err := db.AuditEntries(ctx, 1)
			if err != nil {
				t.Fatal(err)
			}
			got := entries[0]
			modelstest.Check(t, action, modelstest.Facts{"action": {got.Action, action}, "before": {got.Before, before}, "after": {got.After, after}})
		}
		db.App("instagram")
		db.App("messenger")
		says(nil, "create app", "", `{"name":"messenger","slug":"messenger","state":"up"}`)
		_, err := db.EditApp(ctx, "messenger", models.AppEdit{Name: "Messenger", Actor: "test"})
		says(err, "rename app", `{"name":"messenger"}`, `{"name":"Messenger"}`)
		_, err = db.EditApp(ctx, "messenger", models.AppEdit{Name: "Messenger", State: models.Recovering, Actor: "test"})
		says(err, "set app recovering", `{"state":"up"}`, `{"state":"recovering"}`)

		down, err := db.CreateOutage(ctx, models.NewOutage{Slug: "down", Headline: "Down", Apps: []string{"messenger"}, Actor: "test"})
		says(err, "open outage", `{"states":{"messenger":"recovering"}}`,
			`{"apps":["messenger"],"began_at":"2021-11-03T18:04:00Z","headline":"Down","slug":"down","standfirst":"","state":"ongoing","states":{"messenger":"failing"}}`)
		_, err = db.EditOutage(ctx, "down", models.OutageEdit{Known: down.Edition(), Slug: "down", Headline: "Down <again>", Apps: []string{"messenger", "instagram"}, Actor: "test"})
		says(err, "edit outage", `{"apps":["messenger"],"headline":"Down"}`, `{"apps":["instagram","messenger"],"headline":"Down \u003cagain\u003e"}`)

		published := db.PublishDraft(models.Draft{Outage: "down", Headline: "News", Body: "It is down.", Alert: models.AlertKey, States: map[string]models.AppState{"instagram": models.Recovering}})
		says(nil, "publish update", `{"states":{"instagram":"up"}}`,
			`{"alert":"key","alert_id":1,"apps":["instagram"],"body":"It is down.","corrects":null,"headline":"News","kind":"update","states":{"instagram":"recovering"}}`)
		says(db.StopAlert(ctx, published.Alert.ID, "test"), "stop alert", `{"state":"holding"}`, `{"state":"stopped"}`)
		db.PublishDraft(models.Draft{Outage: "down", Kind: models.Resolution, Headline: "Up", Alert: models.AlertNone})
		says(nil, "publish resolution", `{"outage_state":"ongoing","states":{"instagram":"recovering","messenger":"failing"}}`,
			`{"alert":"none","apps":["instagram","messenger"],"body":"","corrects":null,"headline":"Up","kind":"resolution","outage_state":"resolved","states":{"instagram":"up","messenger":"up"}}`)
	})
}

func TestAuditEntriesOfPeopleSayWhatWasBeforeAndAfterWithoutSecrets(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		chief, person := db.Person(ada, models.RoleChief), db.Person(bob, models.RoleViewer)
		key := db.VAPIDKey()
		_, invitation, err := db.Invite(ctx, models.NewInvitation{Email: "eve@news.example", Role: models.RoleEditor, Actor: chief.Actor()})
		isDone(t, err)
		open, err := db.Invitations(ctx)
		isDone(t, err)
		isDone(t, db.WithdrawInvitation(ctx, open[0].ID, chief.Actor()))
		isDone(t, db.ChangeName(ctx, person, "Bob"))
		isDone(t, db.ChangeRole(ctx, person.ID, models.RoleEditor, chief.Actor()))
		expires := db.Now().Add(time.Hour)
		_, token, err := db.CreateToken(ctx, models.NewToken{Name: "desk", Scopes: models.Scopes, ExpiresAt: &expires})
		isDone(t, err)
		isDone(t, db.RevokeToken(ctx, "desk", models.Operator))
		isDone(t, db.RemovePerson(ctx, person.ID, chief.Actor()))

		entries, err := db.AuditEntries(ctx, 100)
		isDone(t, err)
		const isDesk = `{"expires_at":"2021-11-03T19:04:00Z","name":"desk","owner_id":null,"scopes":["read","publish"]}`
		want := map[string][2]string{
			"accept invitation as viewer": {"", `{"email":"bob@news.example","name":"Somebody","role":"viewer"}`},
			"add VAPID key":               {"", `{"public_key":"` + key.PublicKey + `"}`},
			"invite editor":               {"", `{"email":"eve@news.example","role":"editor"}`},
			"withdraw invitation":         {`{"email":"eve@news.example","role":"editor"}`, ""},
			"change name":                 {`{"name":"Somebody"}`, `{"name":"Bob"}`},
			"change role to editor":       {`{"role":"viewer"}`, `{"role":"editor"}`},
			"create token":                {"", isDesk},
			"revoke token":                {isDesk, ""},
			"remove person":               {`{"email":"bob@news.example","name":"Bob","role":"editor"}`, ""},
		}
		for _, entry := range entries {
			if sides, there := want[entry.Action]; there && sides != [2]string{entry.Before, entry.After} {
				t.Errorf("%s: %q, then %q; want %q", entry.Action, entry.Before, entry.After, sides)
			}
			delete(want, entry.Action)
			for name, secret := range map[string]string{
				"a password's hash": person.PasswordHash, "a private key": key.PrivateKey, "a token": token, "an invitation": invitation,
			} {
				if strings.Contains(entry.Before+entry.After+entry.Subject, secret) {
					t.Errorf("%s shows %s", entry.Action, name)
				}
			}
		}
		if len(want) > 0 {
			t.Errorf("missing entries: %v", want)
		}
	})
}

func isDone(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
