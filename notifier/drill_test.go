package notifier

import (
	"encoding/base64"
	"slices"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/notifier/pushtest"
)

// importSimulated stores simulated readers of the push service.
func (n *installation) importSimulated(size int, follows ...string) {
	n.t.Helper()
	key := n.VAPIDKey().PublicKey
	if err := n.service.Simulate(size, key); err != nil {
		n.t.Fatal(err)
	}
	readers := make([]models.NewSubscription, size)
	for i := range readers {
		simulated := pushtest.SimulatedReader(i)
		private, auth, err := simulated.Keys()
		if err != nil {
			n.t.Fatal(err)
		}
		readers[i] = models.NewSubscription{
			Browser:  models.Browser{Endpoint: simulated.Endpoint(n.service.URL()), P256DH: base64.RawURLEncoding.EncodeToString(private.PublicKey().Bytes()), Auth: base64.RawURLEncoding.EncodeToString(auth)},
			Follows:  modelstest.ParseFollows(follows...),
			TimeZone: "Europe/London",
		}
	}
	if err := n.Import(n.t.Context(), readers); err != nil {
		n.t.Fatal(err)
	}
}

func TestADrillInTheMiddleOfReadersReachesNone(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.Drill("practice", "messenger")
		n.importSimulated(1_000, everything, "app/messenger:all")
		editor := n.editorsBrowser("practice")
		counts := n.finished(n.publishIn("practice", models.Draft{
			OutageKind: models.Drill, Headline: "Messages fail", Alert: models.AlertKey,
			Apps: []string{"messenger"}, States: map[string]models.AppState{"messenger": models.Failing},
		}))
		if counts != (models.Counts{Audience: 1, Accepted: 1}) {
			t.Errorf("counts = %+v; want one browser, the editor's", counts)
		}
		if titles := n.gets(editor, 1); !slices.Equal(titles, []string{"DRILL: Messages fail"}) {
			t.Errorf("the editor got %q", titles)
		}
		if reached := n.service.Simulated().Accepted; reached != 0 {
			t.Errorf("the drill reached %d readers", reached)
		}
		if requests := n.service.Stats().Requests; requests != 1 {
			t.Errorf("%d pushes; want one", requests)
		}
	})
}

// editorsBrowser is an editor's linked browser that gets a drill.
func (n *installation) editorsBrowser(drill string) *pushtest.Reader {
	n.t.Helper()
	browser, err := n.service.NewReader(n.VAPIDKey().PublicKey)
	if err != nil {
		n.t.Fatal(err)
	}
	_, secret := n.ReaderWithSecret(models.Browser{Endpoint: browser.Endpoint(), P256DH: browser.P256DH(), Auth: browser.Auth()})
	editor := n.Person("ada@news.example", models.RoleEditor)
	linked, err := n.LinkBrowser(n.t.Context(), editor, secret, "Firefox on Linux")
	if err == nil {
		err = n.FollowDrill(n.t.Context(), editor, drill, linked.ID)
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return browser
}
