package lab

import (
	"context"
	"errors"
	"time"

	"newsbell/notifier/pushtest"
)

// fault is one thing that breaks while an alert goes out.
type fault struct {
	name string
	// faults are what the push services do wrong from the beginning.
	most, few pushtest.FaultRates
	// inject breaks something when a fifth of the readers have the alert. It
	// returns since when the shards must go on.
	inject func(context.Context, *chaosFleet) (since time.Time, err error)
	// network breaks the network of the fleet instead, which needs one of its own.
	network *networkFault
	// repair ends it while the alert goes out.
	repair func(context.Context, *chaosFleet) error
	// takesOver says that a worker dies, ends or stops, so that a page of each of its
	// shards may be repeated.
	takesOver bool
	// alone says that it happens to a server that sends too, on SQLite.
	alone bool
	// goesOnWithin is how soon the shards in progress must go on, or the first
	// reader have the alert; 0: not measured.
	goesOnWithin time.Duration
	// stale are how many readers of the larger push service are refused for good,
	// in tenths; the oldest ones. All others must have the alert as soon as when
	// nothing breaks, or goodWithin later.
	stale int
}

const (
	// goesOnWithin is how soon a shard must go on after its worker's death, and
	// what was broken for all must be in use again. A worker that is told to end
	// gives its shards back at once, but all others are busy until one has ended
	// a shard.
	goesOnWithin    = 6 * time.Second
	givenBackWithin = 4 * time.Second
	// goodWithin is how much later than when nothing breaks everybody has the
	// alert who is not refused.
	goodWithin = 5 * time.Second
	// wedgedFor is longer than a queue waits for a worker.
	wedgedFor = 8 * time.Second
)

// ordinaryFaults are a bad day of a push service.
var ordinaryFaults = pushtest.FaultRates{
	Status: map[int]float64{429: 0.05, 500: 0.02}, RetryAfter: "2", Reset: 0.01, Hang: 0.01, Gone: 0.01,
}

// nothingBreaks is what the others are compared with.
const nothingBreaks = "nothing breaks"

var faults = []fault{
	{name: nothingBreaks},
	{name: "a worker is killed", takesOver: true, goesOnWithin: goesOnWithin, inject: kill},
	{name: "a worker stops and wakes up later", takesOver: true, goesOnWithin: goesOnWithin, inject: freeze, repair: thaw},
	{name: "a worker is told to end", takesOver: true, goesOnWithin: givenBackWithin, inject: end, repair: awaitEnd},
	{name: "PostgreSQL is restarted", goesOnWithin: goesOnWithin, inject: restartPostgres},
	{name: "NATS is killed and comes back empty", goesOnWithin: goesOnWithin, inject: restartNATS},
	{name: "a push service answers 403 until it is repaired", few: pushtest.FaultRates{Status: map[int]float64{403: 1}}, repair: acceptAgain},
	{name: "three of ten subscriptions, the oldest, are refused", stale: 3},
	{name: "idle connections to PostgreSQL fall silent", goesOnWithin: newPassWithin, network: &networkFault{server: postgresServer}},
	{name: "no packet reaches PostgreSQL for a while", goesOnWithin: healedWithin, network: &networkFault{server: postgresServer, cutFor: cutFor}},
	{name: "idle connections to NATS fall silent", goesOnWithin: newPassWithin, network: &networkFault{server: natsServer}},
	{name: "no packet reaches NATS for a while", goesOnWithin: healedWithin, network: &networkFault{server: natsServer, cutFor: cutFor}},
	{name: "pushes are throttled, fail, break off, hang and are gone", most: ordinaryFaults, few: ordinaryFaults},
	{name: "SQLite is locked by another program", alone: true, inject: lock, repair: unlockLater},
	{name: "the alert after that", most: pushtest.FaultRates{Gone: ordinaryFaults.Gone}, few: pushtest.FaultRates{Gone: ordinaryFaults.Gone}},
}

// lastLater is how much later than when nothing breaks the last reader may have
// the alert; 0 if that is not compared.
func (t fault) lastLater() time.Duration {
	switch {
	case t.stale > 0:
		return goodWithin
	case t.isIdle():
		return t.goesOnWithin
	}
	return 0
}

func (t fault) isCompared() bool { return t.lastLater() > 0 }

// isIdle says that it breaks while the fleet has nothing to do.
func (t fault) isIdle() bool { return t.network != nil && t.network.cutFor == 0 }

// isCut says that packets are lost for a while, to old connections and new ones.
func (t fault) isCut() bool { return t.network != nil && t.network.cutFor > 0 }

func (t fault) needsNetwork() bool { return t.network != nil }

func kill(_ context.Context, f *chaosFleet) (time.Time, error) {
	since := time.Now()
	f.workers[0].kill()
	return since, nil
}

func freeze(_ context.Context, f *chaosFleet) (time.Time, error) {
	return time.Now(), f.workers[0].freeze()
}

func thaw(ctx context.Context, f *chaosFleet) error {
	return errors.Join(pause(ctx, wedgedFor), f.workers[0].thaw())
}

func end(_ context.Context, f *chaosFleet) (time.Time, error) {
	return time.Now(), f.workers[0].end()
}

func awaitEnd(_ context.Context, f *chaosFleet) error { return f.workers[0].stop() }

func restartPostgres(_ context.Context, f *chaosFleet) (time.Time, error) {
	err := f.postgres.Halt()
	if err == nil {
		err = f.postgres.Resume()
	}
	return time.Now(), err
}

func restartNATS(ctx context.Context, f *chaosFleet) (time.Time, error) {
	port, err := portOf(f.natsURL)
	if err != nil {
		return time.Time{}, err
	}
	f.nats.kill()
	if err := pause(ctx, time.Second); err != nil {
		return time.Time{}, err
	}
	err = f.startNATS(ctx, port)
	return time.Now(), err
}

// acceptAgain waits until everybody else has the alert: nobody's fault is
// another's.
func acceptAgain(ctx context.Context, f *chaosFleet) error {
	for {
		count, err := f.most().received(ctx)
		if err != nil {
			return err
		}
		if count.Missing == 0 {
			return f.setFaults(ctx, pushtest.FaultRates{}, pushtest.FaultRates{})
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}
