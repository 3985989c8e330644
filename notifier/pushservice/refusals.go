package pushservice

import (
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// refusalsInARow is the number of refusals in a row, with one VAPID key, that raises a
	// doubt about our own pushes.
	refusalsInARow = 50
	// manyRefused is the number of refusals in a row that a bad subscription alone does not
	// explain.
	manyRefused = 3
	// Until a push is accepted, and again acceptedFor after the last one, at most
	// refusalsInARow + firstInFlight pushes may begin.
	firstInFlight = 14
	acceptedFor   = time.Minute
	// sampleSize is the number of pushes, spread over the audience, that are tried during a
	// doubt. If all are refused, the fault is ours. Then probeSize more are tried, at first
	// after firstProbes and each time after twice as long.
	sampleSize  = 40
	probeSize   = 10
	firstProbes = 2 * time.Second
	lastProbes  = time.Minute
	// fewerUnreached divides the sample of a page whose subscriptions were not reached
	// recently, if others were.
	fewerUnreached = 8
	// doubtRetry is the retry time of the other pushes while the sample is tried, and
	// lastDoubtRetry the maximum after it was refused.
	doubtRetry     = 500 * time.Millisecond
	lastDoubtRetry = 15 * time.Second
	// Each accepted push explains this many refusals of subscriptions that were never
	// reached. That decays: it is halved every vouchFor.
	vouchedRefusals = 4
	vouchFor        = time.Minute
	// If a sample shows that the subscriptions are at fault, no doubt begins for settledFor,
	// and for a while it takes this many times more refusals to begin one.
	settledFor      = 10 * time.Second
	toleranceGrowth = 16
	mostTolerance   = 1 << 20
	toleranceFor    = 10 * time.Minute
	// maxKeys is more than the number of VAPID keys in use.
	maxKeys = 64
)

// refusals decides who is at fault when a push service refuses pushes that are signed with
// one VAPID key. Old subscriptions are refused by the hundred, often in a row, and must not
// delay others. But if our key or clock is wrong, that must not cost the whole audience.
//
// Refusals in a row raise a doubt. Then a sample decides: subscriptions that were reached
// recently or, if there are none, any, spread over the audience. If one is accepted, the
// doubt ends. If all are refused, the fault is ours, and a few more are tried from time to
// time.
type refusals struct {
	accepted    time.Time // when a push was last accepted
	acceptances int       // recent ones
	halvedAt    time.Time
	all         run // of all refusals
	reached     run // of refusals of recently reached subscriptions

	inFlight int
	alert    int64 // the newest alert with pushes here
	doubt    doubt
	doubts   int  // number of doubts so far, and of the current one
	changed  bool // other processes do not know the state yet
}

// run is a run of refusals since the last accepted push.
type run struct {
	refused    int
	tolerance  int // number of refusals attributed to subscriptions
	tolerantTo time.Time
	settledTo  time.Time
}

// exceeds reports whether the run is longer than the tolerance and than the vouched
// refusals.
func (r *run) exceeds(now time.Time, vouched int) bool {
	return r.refused >= max(r.tolerance, vouched) && !now.Before(r.settledTo)
}

// settle attributes the refusals to their subscriptions.
func (r *run) settle(now time.Time) {
	r.tolerance = min(toleranceGrowth*r.tolerance, mostTolerance)
	r.tolerantTo, r.settledTo = now.Add(toleranceFor), now.Add(settledFor)
}

func (r *run) fade(now time.Time) {
	if now.After(r.tolerantTo) {
		r.forgetTolerance()
	}
}

func (r *run) forgetTolerance() { r.tolerance, r.settledTo = refusalsInARow, time.Time{} }

// doubt is the state while all pushes except a sample wait.
type doubt struct {
	isOn bool
	// isOurs says that the sample was refused.
	isOurs bool
	// ofReached says that recently reached subscriptions were refused.
	ofReached bool
	// left is the number that may still be tried in this round, testing the number in
	// flight.
	left, testing int
	round         time.Time // its end
	wait          time.Duration
	// tried says that some were tried in this round. If none were, because they are drawn at
	// random, chances are doubled.
	tried  bool
	chance float64
	// closed says that the round's sample was refused.
	closed bool
}

func newRefusals() *refusals {
	return &refusals{all: run{tolerance: refusalsInARow}, reached: run{tolerance: refusalsInARow}}
}

// admits reports whether the next job of a batch may begin.
func (r *refusals) admits(now time.Time, b *batch) bool {
	if r.doubt.isOn {
		return b.samples > 0 && r.doubt.left > 0
	}
	return r.isFresh(now) || r.inFlight == 0 || r.all.refused+r.inFlight < r.all.tolerance+firstInFlight
}

// isFresh reports whether a push was accepted recently.
func (r *refusals) isFresh(now time.Time) bool { return now.Sub(r.accepted) < acceptedFor }

// begin records that a job begins. It returns the number of the doubt that the job is a
// sample of; 0 if it is not one.
func (r *refusals) begin(b *batch) (sampleOf int) {
	r.inFlight++
	if !r.doubt.isOn {
		return 0
	}
	r.doubt.left--
	r.doubt.testing++
	r.doubt.tried = true
	b.samples--
	b.testing++
	return r.doubts
}

// isSample reports whether an attempt belongs to the sample of the current doubt.
func (r *refusals) isSample(a attempt) bool { return r.doubt.isOn && a.sampleOf == r.doubts }

func (r *refusals) end(a attempt) {
	r.inFlight--
	if a.sampleOf > 0 {
		a.batch.testing--
		r.doubt.testing--
	}
}

// accept records an accepted push, and reports whether it ends a doubt. Only its sample
// ends a doubt about recently reached subscriptions: pushes that were in flight when it
// began may have been accepted before our key broke.
func (r *refusals) accept(now time.Time, isSample bool) (resolved bool) {
	r.fade(now)
	r.acceptances++
	r.accepted, r.all.refused, r.reached.refused = now, 0, 0
	if !r.doubt.isOn || r.doubt.ofReached && !isSample {
		return false
	}
	r.settle(now)
	r.changed = true
	return true
}

// settle ends a doubt and attributes the refusals to their subscriptions, because others
// are accepted. Refusals of subscriptions that were not reached recently say nothing about
// those that were.
func (r *refusals) settle(now time.Time) {
	r.all.settle(now)
	if r.doubt.ofReached || !r.doubt.isOn {
		r.reached.settle(now)
	}
	r.doubt = doubt{testing: r.doubt.testing}
}

// refuse records a refusal, and reports whether it raises a doubt. A subscription that was
// refused before does not count while others are accepted.
func (r *refusals) refuse(now time.Time, j *Job) (doubts bool) {
	r.fade(now)
	if j.TriedBefore && r.vouched(now) {
		return false
	}
	r.all.refused++
	if j.AcceptedLately {
		r.reached.refused++
	}
	vouched := 0
	if r.isFresh(now) {
		vouched = vouchedRefusals * r.acceptances
	}
	return r.reached.exceeds(now, 0) || r.all.exceeds(now, vouched)
}

// fade reduces the weight of old acceptances.
func (r *refusals) fade(now time.Time) {
	r.all.fade(now)
	r.reached.fade(now)
	if passed := now.Sub(r.halvedAt); passed >= vouchFor {
		r.acceptances >>= min(passed/vouchFor, 62)
		r.halvedAt = now
	}
}

// vouched reports whether a refusal concerns its subscription, because others are
// accepted.
func (r *refusals) vouched(now time.Time) bool {
	return !r.doubt.isOn && !r.accepted.IsZero() && now.Sub(r.accepted) < toleranceFor
}

// beginDoubt begins a doubt with a sample of the given size.
func (r *refusals) beginDoubt(now time.Time, size int) {
	r.doubts++
	r.doubt = doubt{isOn: true, ofReached: r.reached.exceeds(now, 0), left: size, testing: r.doubt.testing, round: now.Add(doubtRetry), chance: 1}
	r.changed = true
}

// goOn begins the next round if it is due.
func (d *doubt) goOn(now time.Time) {
	if now.Before(d.round) {
		return
	}
	if d.chance *= 2; d.tried {
		d.chance = 1
	}
	d.tried, d.closed = false, false
	d.round = now.Add(doubtRetry)
	if d.isOurs {
		d.left = probeSize
		d.wait = min(2*d.wait, lastProbes)
		d.round = now.Add(d.wait)
	}
}

// close ends a round whose sample was refused, and reports whether it was the first.
func (d *doubt) close(now time.Time) (isFirst bool) {
	if d.closed || d.left > 0 || d.testing > 0 {
		return false
	}
	isFirst = !d.isOurs
	if isFirst {
		d.wait = firstProbes
	}
	d.isOurs, d.closed, d.round = true, true, now.Add(d.wait)
	return isFirst
}

// admitNew admits pushes that are new although the round is over: a notice, and a few of
// an alert that has not tried yet. It returns their number.
func (r *refusals) admitNew(b *batch) int {
	isNew := b.page.of.ID > r.alert
	r.alert = max(r.alert, b.page.of.ID)
	switch {
	case !r.doubt.isOn:
		return 0
	case isNew:
		r.doubt.left = max(r.doubt.left, probeSize/2)
		return 1
	case b.page.of.ID == 0 && r.doubt.testing == 0:
		r.doubt.left = max(r.doubt.left, 1)
		return 1
	}
	return 0
}

// retryAfter returns when pushes that wait for the end of the doubt should be retried.
func (d *doubt) retryAfter(now time.Time) time.Duration {
	if !d.closed {
		return doubtRetry
	}
	return min(max(doubtRetry, d.round.Sub(now)), lastDoubtRetry)
}

// chooseSample chooses the sample of a batch: at random, in proportion to the page's share
// of the audience, recently reached subscriptions first.
func (b *batch) chooseSample(atLeast int) {
	share := sampleSize * b.page.share() * b.refusals.doubt.chance
	if b.page.of.AnyAcceptedLately && !slices.ContainsFunc(b.jobs, func(j *Job) bool { return j.AcceptedLately }) {
		share /= fewerUnreached // other pages are better samples
	}
	b.samples = min(max(roundAtRandom(share), atLeast), len(b.jobs))
	if b.samples == 0 {
		return
	}
	rand.Shuffle(len(b.jobs), func(i, j int) { b.jobs[i], b.jobs[j] = b.jobs[j], b.jobs[i] })
	slices.SortStableFunc(b.jobs, func(x, y *Job) int {
		switch {
		case x.AcceptedLately == y.AcceptedLately:
			return 0
		case x.AcceptedLately:
			return -1
		}
		return 1
	})
}

// attribute decides for each refused push whether it may be our fault or concerns only its
// subscription.
func (b *batch) attribute(now time.Time) {
	r := b.refusals
	for _, j := range b.refused {
		j.Answer.NotAttempted, j.Answer.Alone, j.Answer.Many = r.doubt.isOn, r.vouched(now), r.all.refused >= manyRefused
	}
}

func roundAtRandom(x float64) int {
	whole := int(min(x, 1<<30))
	if rand.Float64() < x-float64(whole) {
		whole++
	}
	return whole
}
