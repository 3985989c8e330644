package pushservice

import (
	"context"
	"testing"

	"newsbell/notifier/webpush"
)

type acceptAll struct{}

func (acceptAll) Prepare(*webpush.Push) webpush.Prepared {
	return func(context.Context) webpush.Answer { return webpush.Answer{Status: 201, Verdict: webpush.Accepted} }
}

// BenchmarkPool measures the cost of a push between its page and its sender.
func BenchmarkPool(b *testing.B) {
	p := NewPool(Options{Sender: acceptAll{}, InFlight: 1024})
	defer p.Start(func(Event) {})()
	jobs := make([]Job, 1000)
	b.ReportAllocs()
	for done := 0; done < b.N; done += len(jobs) {
		for i := range jobs {
			jobs[i] = Job{Push: webpush.Push{Endpoint: "https://fcm.googleapis.com/fcm/send/abcdefghijklmnop"}}
		}
		p.Send(b.Context(), jobs, Source{})
	}
}
