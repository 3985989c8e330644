package pushservice

import (
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// refusalsInARow is how many refusals in a row, with one VAPID key, raise
	// doubt about our own pushes.
	refusalsInARow = 50
	// manyRefused is how many refusals in a row are more than a bad subscription.
	manyRefused = 3
	// Until a push is accepted, and again after a pause of acceptedFor, firstInFlight
	// more than raise doubt may begin.
	firstInFlight = 14
	acceptedFor   = time.Minute
	// sampleSize is how many pushes, spread over the audience, are tried in doubt.
	// If all are refused the fault is ours. Then there are probeSize more at a
	// time, at first after firstProbes, and each time after twice as long.
	sampleSize  = 40
	probeSize   = 10
	firstProbes = 2 * time.Second
	lastProbes  = time.Minute
	// fewerUnreached is how many times less is tried of a page on which nobody was
	// reached lately, when others were.
	fewerUnreached = 8
	// doubtRetry is when the others come again while the sample is tried, and
	// lastDoubtRetry at most when it was refused.
	doubtRetry     = 500 * time.Millisecond
	lastDoubtRetry = 15 * time.Second
	// Each accepted push vouches for this many refusals of subscriptions that were
	// never reached. That ends with time: it is halved each vouchFor.
	vouchedRefusals = 4
	vouchFor        = time.Minute
	// A sample that finds the fault in the subscriptions ends all doubt for
	// settledFor, since there are more of them, and makes it this many times slower
	// to come for a while.
	settledFor      = 10 * time.Second
	toleranceGrowth = 16
	mostTolerance   = 1 << 20
	toleranceFor    = 10 * time.Minute
	// maxKeys is more than there are VAPID keys in use.
	maxKeys = 64
)

// refusals judges at whose door it lies that a push service refuses what is
// signed with one VAPID key. Old subscriptions are refused by the hundred, often
// one after the other, and must not hold up others. But a key or a clock of ours
// that is wrong must not cost the whole audience.
//
// Refusals in a row raise doubt. Then a sample decides: subscriptions that were
// reached lately, or any where there are none, spread over the audience. One that
// is accepted ends the doubt. If all are refused the fault is ours, and a few
// more are tried from time to time.
type refusals struct {
	accepted    time.Time // when a push was accepted last
	acceptances int       // of late
	halvedAt    time.Time
	all         run // of refusals
	reached     run // of these, of subscriptions that were reached lately

	inFlight int
	alert    int64 // the newest that has pushes here
	doubt    doubt
	doubts   int  // how many there were; the number of the one that is on
	changed  bool // others have not been told yet
}

// run is a run of refusals since the last accepted push.
type run struct {
	refused    int
	tolerance  int // how many are the subscriptions' own fault
	tolerantTo time.Time
	settledTo  time.Time
}

// exceeds tells whether there are more than its tolerance, or than are vouched for.
func (r *run) exceeds(now time.Time, vouched int) bool {
	return r.refused >= max(r.tolerance, vouched) && !now.Before(r.settledTo)
}

// settle puts the refusals down to their subscriptions.
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

// doubt is what is going on while all pushes but a sample wait.
type doubt struct {
	isOn bool
	// isOurs says that the sample was refused.
	isOurs bool
	// ofReached says that subscriptions were refused that had been reached lately.
	ofReached bool
	// left may still be tried in this round, testing are being tried.
	left, testing int
	round         time.Time // its end
	wait          time.Duration
	// tried says that some were tried in this round. If none were, since they are
	// drawn by chance, chances are doubled.
	tried  bool
	chance float64
	// closed: the round's sample was refused.
	closed bool
}

func newRefusals() *refusals {
	return &refusals{all: run{tolerance: refusalsInARow}, reached: run{tolerance: refusalsInARow}}
}

// admits tells whether the next job of a batch may begin.
func (r *refusals) admits(now time.Time, b *batch) bool {
	if r.doubt.isOn {
		return b.samples > 0 && r.doubt.left > 0
	}
	return r.isFresh(now) || r.inFlight == 0 || r.all.refused+r.inFlight < r.all.tolerance+firstInFlight
}

// isFresh tells whether a push has been accepted lately.
func (r *refusals) isFresh(now time.Time) bool { return now.Sub(r.accepted) < acceptedFor }

// begin notes that a job begins, and returns the number of the doubt whose sample it
// is one of; 0 for none.
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

// isSample tells whether an attempt is one of the sample of the doubt that is on.
func (r *refusals) isSample(a attempt) bool { return r.doubt.isOn && a.sampleOf == r.doubts }

func (r *refusals) end(a attempt) {
	r.inFlight--
	if a.sampleOf > 0 {
		a.batch.testing--
		r.doubt.testing--
	}
}

// accept notes an accepted push, and tells whether that ends a doubt. A doubt about
// subscriptions that were reached lately is ended by its sample alone: what was in
// flight when it began may have been accepted before our key broke.
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

// settle ends a doubt: the refusals are put down to their subscriptions, since others
// are accepted. That others than those reached lately are refused says nothing of those.
func (r *refusals) settle(now time.Time) {
	r.all.settle(now)
	if r.doubt.ofReached || !r.doubt.isOn {
		r.reached.settle(now)
	}
	r.doubt = doubt{testing: r.doubt.testing}
}

// refuse notes a refusal, and tells whether there is doubt now. That of a
// subscription that is known for it says nothing, as long as others are accepted.
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

// fade lets what was long ago count for less.
func (r *refusals) fade(now time.Time) {
	r.all.fade(now)
	r.reached.fade(now)
	if passed := now.Sub(r.halvedAt); passed >= vouchFor {
		r.acceptances >>= min(passed/vouchFor, 62)
		r.halvedAt = now
	}
}

// vouched tells whether a refusal is about its subscription: others are taken.
func (r *refusals) vouched(now time.Time) bool {
	return !r.doubt.isOn && !r.accepted.IsZero() && now.Sub(r.accepted) < toleranceFor
}

// beginDoubt begins a doubt with a sample of a size.
func (r *refusals) beginDoubt(now time.Time, size int) {
	r.doubts++
	r.doubt = doubt{isOn: true, ofReached: r.reached.exceeds(now, 0), left: size, testing: r.doubt.testing, round: now.Add(doubtRetry), chance: 1}
	r.changed = true
}

// goOn begins the next round when it is time.
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

// close ends a round whose sample has been tried in vain, and tells whether it
// was the first.
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

// admitNew lets somebody new try although the round is over: a notice, and a
// few of an alert that has not tried yet. It returns how many of the batch.
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

// retryAfter is when who has to wait for the doubt's end comes again.
func (d *doubt) retryAfter(now time.Time) time.Duration {
	if !d.closed {
		return doubtRetry
	}
	return min(max(doubtRetry, d.round.Sub(now)), lastDoubtRetry)
}

// chooseSample chooses which of the batch are tried in doubt: at random, as many
// as its page is a part of the audience, those first who were reached lately.
func (b *batch) chooseSample(atLeast int) {
	share := sampleSize * b.page.share() * b.refusals.doubt.chance
	if b.page.of.AnyAcceptedLately && !slices.ContainsFunc(b.jobs, func(j *Job) bool { return j.AcceptedLately }) {
		share /= fewerUnreached // others say more
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

// attribute says of each refused push whether that may be our fault, or is about
// its subscription alone.
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
