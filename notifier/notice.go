package notifier

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/models"
	"newsbell/models/endpoints"
	"newsbell/models/events"
	"newsbell/models/ledger"
	"newsbell/notifier/pushservice"
	"newsbell/notifier/webpush"
)

const (
	// noticesAtOnce bounds the notices in flight.
	noticesAtOnce = 256
	// noticeWorkers is the queue group of which the bus wakes one worker for each
	// notice.
	noticeWorkers = "notices"
)

// noticeSender sends notices.
type noticeSender struct {
	store         *models.Store
	conn          *nats.Conn
	keys          *keyring
	pool          *pushservice.Pool
	notifications models.Notifications
	sweep         time.Duration
	log           *slog.Logger

	sending sync.WaitGroup
	limit   noticeLimit
	// claimable signals that there may be a notice to claim.
	claimable chan struct{}
}

func (n *Notifier) newNoticeSender() *noticeSender {
	return &noticeSender{
		store: n.store, conn: n.queue.conn, keys: n.keys, pool: n.pool, notifications: n.notifications, sweep: n.sweep, log: n.log,
		limit: noticeLimit{free: noticesAtOnce, inFlight: map[string]int{}}, claimable: make(chan struct{}, 1),
	}
}

// run sends notices when they are created and, at each sweep, those that the bus or another
// worker lost, and retries.
func (s *noticeSender) run(ctx context.Context) error {
	defer s.sending.Wait()
	subscription, err := s.conn.QueueSubscribe(events.SubjectNotices, noticeWorkers, func(*nats.Msg) { s.wake() })
	if err != nil {
		return fmt.Errorf("listen for notices: %w", err)
	}
	defer func() { _ = subscription.Unsubscribe() }()
	ticker := time.NewTicker(s.sweep)
	defer ticker.Stop()
	for sweep := 0; ; sweep++ {
		err := s.sendDue(ctx)
		if err == nil && sweep%tidyEvery == 0 {
			err = s.store.DeleteOldNotices(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error("notices could not be claimed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.claimable:
		case <-ticker.C:
		}
	}
}

// sendDue claims and sends as many due notices as there is room for.
func (s *noticeSender) sendDue(ctx context.Context) error {
	for {
		size, except := s.limit.share()
		if size == 0 {
			return nil // the next result wakes this
		}
		notices, err := s.store.ClaimNotices(ctx, size, except...)
		if err != nil || len(notices) == 0 {
			return err
		}
		for service, group := range byPushService(notices) {
			s.begin(ctx, service, group)
		}
	}
}

// begin sends and records the notices of one push service in a goroutine, so that a push
// service that hangs does not delay the others.
func (s *noticeSender) begin(ctx context.Context, service string, notices []models.Notice) {
	s.limit.take(service, len(notices))
	s.sending.Go(func() {
		if err := s.send(ctx, notices); err != nil && ctx.Err() == nil {
			s.log.Error("notices failed; trying again", "host", service, "error", err)
		}
		s.limit.release(service, len(notices))
		s.wake()
	})
}

// send sends claimed notices and records their outcomes. When ctx has ended, what was sent
// is still recorded, and the rest is due again.
func (s *noticeSender) send(ctx context.Context, notices []models.Notice) error {
	jobs := make([]pushservice.Job, len(notices))
	for i, notice := range notices {
		var err error
		if jobs[i].Push, err = s.push(ctx, notice); err != nil {
			return fmt.Errorf("notice %d: %w", notice.ID, err)
		}
	}
	s.pool.Send(ctx, jobs, pushservice.Source{})
	results := make([]models.NoticeResult, len(notices))
	for i, notice := range notices {
		results[i] = models.NoticeResult{Notice: notice, Result: s.resultOfNotice(notice, jobs[i].Answer)}
	}
	return s.store.RecordNotices(ctx, results, func(err error) {
		s.log.Warn("notices could not be recorded; trying again", "error", err)
	})
}

func (s *noticeSender) push(ctx context.Context, notice models.Notice) (webpush.Push, error) {
	r := notice.Recipient()
	key, err := s.keys.key(ctx, r.VAPIDKeyID)
	if err != nil {
		return webpush.Push{}, err
	}
	var follows []models.Follow
	if notice.Kind == models.WelcomeNotice {
		if follows, err = s.store.Follows(ctx, notice.Subscription); err != nil {
			return webpush.Push{}, err
		}
	}
	receipts, err := s.store.ReceiptKey(ctx)
	if err != nil {
		return webpush.Push{}, err
	}
	payload, err := noticeMessage(s.notifications, notice, follows)
	return webpush.Push{
		SubscriptionID: r.ID, Endpoint: r.Endpoint, P256DH: r.P256DH, Auth: r.Auth, Key: key,
		Payload: payload, TTL: notice.Deadline.Sub(s.store.Now()),
		Urgency: webpush.UrgencyHigh, Topic: receipts.Topic(noticeTag),
	}, err
}

// resultOfNotice returns the result of an answer; each earlier claim was a try. What was
// not sent before this process ended is due for another at once.
func (s *noticeSender) resultOfNotice(notice models.Notice, a webpush.Answer) models.Result {
	if a.Verdict == 0 {
		return models.Result{Recipient: notice.Recipient(), Outcome: ledger.Waiting, Due: s.store.Now()}
	}
	if a.Detail != "" {
		s.log.Warn("a notice was not accepted", "notice", notice.ID,
			"host", endpoints.PushService(notice.Subscription.Endpoint), "error", a.Detail)
	}
	return resultOf(notice.Recipient(), a, int(notice.Epoch-1), s.store.Now())
}

// wake starts the next sweep now.
func (s *noticeSender) wake() {
	select {
	case s.claimable <- struct{}{}:
	default:
	}
}

func byPushService(notices []models.Notice) map[string][]models.Notice {
	groups := map[string][]models.Notice{}
	for _, notice := range notices {
		service := endpoints.PushService(notice.Subscription.Endpoint)
		groups[service] = append(groups[service], notice)
	}
	return groups
}
