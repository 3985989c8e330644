package notifier

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/notifier/webpush"
)

// nowhere encrypts as another sender does, but for endpoints of names that lead
// nowhere.
type nowhere struct{ webpush.Sender }

func (n nowhere) Prepare(p *webpush.Push) webpush.Prepared {
	if strings.Contains(p.Endpoint, "push.apple.com") {
		return func(context.Context) webpush.Answer {
			return webpush.Answer{Verdict: webpush.RetryLater, Unresolved: true, Reason: "no server has its name"}
		}
	}
	return n.Sender.Prepare(p)
}

func TestNamesThatLeadNowhereEndTheirSubscriptionsButNotInAResolversOutage(t *testing.T) {
	for name, outage := range map[string]error{"others resolve": nil, "the resolver is out": errors.New("no answer")} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n *installation) {
				n.stop()
				n.options = func(o *Options) {
					o.Push.Now, o.Push.Sender = n.Clock.Now, nowhere{o.Push.Sender}
					o.Push.LookupHost = func(context.Context, string) ([]string, error) { return []string{"127.0.0.1"}, outage }
				}
				n.start(1)
				reader := n.reader(everything)
				invented, err := n.service.NewReader(n.VAPIDKey().PublicKey)
				if err != nil {
					t.Fatal(err)
				}
				_, secret := n.ReaderWithSecret(models.Browser{
					Endpoint: "https://invented.push.apple.com/1", P256DH: invented.P256DH(), Auth: invented.Auth(),
				}, everything)
				id := n.publish(models.Draft{})
				for range 5 {
					n.idle(id)
					n.Clock.Advance(30 * time.Second)
				}
				n.idle(id)
				n.gets(reader, 1)
				alert, err := n.Alert(t.Context(), id)
				if err != nil || (alert.FinishedAt != nil) != (outage == nil) {
					t.Errorf("alert = %+v, %v", alert, err)
				}
				sub, err := n.SubscriptionBySecret(t.Context(), secret)
				if err != nil || (sub.Refusals == 1) != (outage == nil) {
					t.Errorf("subscription = %+v, %v; want a refusal if others resolve", sub, err)
				}
				hosts, err := n.HostCounts(t.Context(), id)
				if _, folded := hosts["*.push.apple.com"]; err != nil || !folded || len(hosts) != 2 {
					t.Errorf("hosts = %v, %v; want the invented name under its rule", hosts, err)
				}
			})
		})
	}
}
