package notifier

import (
	"context"
	"testing"

	"newsbell/models"
	"newsbell/notifier/webpush"
)

type acceptAll struct{}

func (acceptAll) Prepare(*webpush.Push) webpush.Prepared {
	return func(context.Context) webpush.Answer { return webpush.Answer{Status: 201, Verdict: webpush.Accepted} }
}

// BenchmarkPool is what a push costs between its page and its sender.
func BenchmarkPool(b *testing.B) {
	p := newPool(PoolOptions{Sender: acceptAll{}, InFlight: 1024})
	defer p.start(func(models.HostEvent) {})()
	jobs := make([]job, 1000)
	b.ReportAllocs()
	for done := 0; done < b.N; done += len(jobs) {
		for i := range jobs {
			jobs[i] = job{push: webpush.Push{Endpoint: "https://fcm.googleapis.com/fcm/send/abcdefghijklmnop"}}
		}
		p.send(b.Context(), jobs, source{})
	}
}
