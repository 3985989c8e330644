package notifier

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"newsbell/models"
	"newsbell/notifier/pushtest"
)

func TestAResolutionOvertakesTheNextPageOfWhateverIsSent(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.Outage("videos-down", "videos")
		n.readers(3*pageSize, "outage/videos-down:all")
		waiting := n.reader(everything)

		var mu sync.Mutex
		var order []string
		firstPage, arrived, answered := make(chan struct{}), make(chan struct{}), make(chan struct{})
		note := func(kind string) int {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, kind)
			return len(order)
		}
		n.service.Faults(func(endpoint string) *pushtest.Answer {
			if endpoint == waiting.Endpoint() {
				close(arrived)
				<-answered
				note("resolution")
				return nil
			}
			if note("update") == pageSize {
				close(firstPage)
			}
			<-arrived
			return nil
		})
		other := n.publishIn("videos-down", models.Draft{Headline: "Videos are down"})
		<-firstPage
		resolution := n.publish(models.Draft{Kind: models.Resolution})
		n.until(other, func(_ models.Alert, c models.Counts) bool { return c.Accepted == pageSize })
		close(answered)
		n.finished(resolution)
		n.finished(other)

		mu.Lock()
		defer mu.Unlock()
		if at := slices.Index(order, "resolution"); at != pageSize {
			t.Errorf("the resolution went after %d pushes; want only the page in flight before it", at)
		}
	})
}

func TestAnOrdinaryDeliveryYieldsToAnUrgentOneUntilThatHasEnded(t *testing.T) {
	var p priority
	first, second := p.enter(), p.enter()
	went := make(chan struct{})
	var progress atomic.Int64
	go func() {
		defer close(went)
		if err := p.yield(t.Context(), &progress); err != nil {
			t.Error(err)
		}
	}()
	for progress.Load() == 0 { // it waits
		runtime.Gosched()
	}
	first()
	select {
	case <-went:
		t.Fatal("it went on before the last urgent delivery had ended")
	default:
	}
	second()
	<-went
}
