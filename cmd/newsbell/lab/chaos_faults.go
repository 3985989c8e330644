package lab

import (
	"context"
	"errors"
	"time"

	"newsbell/notifier/pushtest"
)

// fault is a fault that is injected while an alert is sent.
type fault struct {
	name string
	// most and few are the fault rates of the two push services from the beginning.
	most, few pushtest.FaultRates
	// inject injects the fault when a fifth of the readers have the alert. It returns the
	// time from which the shards must continue.
	inject func(context.Context, *chaosFleet) (since time.Time, err error)
	// network is a network fault instead, which needs a network namespace.
	network *networkFault
	// repair ends the fault while the alert is being sent.
	repair func(context.Context, *chaosFleet) error
	// settle ends, after the check, what could still send this alert while the next one is
	// counted.
	settle func(context.Context, *chaosFleet) error
	// takesOver says that a worker dies, ends or is suspended, so that one page of each of
	// its shards may be repeated.
	takesOver bool
	// alone says that the fault is injected into a single server on SQLite.
	alone bool
	// goesOnWithin is the time in which the shards in progress must continue, or the first
	// reader must have the alert; 0: not measured.
	goesOnWithin time.Duration
	// stale is the number of tenths of the larger push service's readers, the oldest, that
	// are always refused. All others must have the alert at most goodWithin later than
	// without a fault.
	stale int
}

const (
	// goesOnWithin is the time in which a shard must continue after its worker's death, or
	// after a shared service is back. A worker that is stopped releases its shards at once,
	// but the other workers are busy until one of them has finished a shard.
	goesOnWithin    = 6 * time.Second
	givenBackWithin = 4 * time.Second
	// goodWithin is how much later than without a fault all readers who are not refused must
	// have the alert.
	goodWithin = 5 * time.Second
	// wedgedFor is longer than the queue waits for a worker.
	wedgedFor = 8 * time.Second
)

// ordinaryFaults are the fault rates of a push service on a bad day.
var ordinaryFaults = pushtest.FaultRates{
	Status: map[int]float64{429: 0.05, 500: 0.02}, RetryAfter: "2", Reset: 0.01, Hang: 0.01, Gone: 0.01,
}

// nothingBreaks is the run without a fault, which others are compared with.
const nothingBreaks = "nothing breaks"

var faults = []fault{
	{name: nothingBreaks},
	{name: "a worker is killed", takesOver: true, goesOnWithin: goesOnWithin, inject: kill},
	{name: "a worker is suspended and resumed later", takesOver: true, goesOnWithin: goesOnWithin, inject: freeze, repair: thaw, settle: awaitEnd},
	{name: "a worker is stopped", takesOver: true, goesOnWithin: givenBackWithin, inject: end, repair: awaitEnd},
	{name: "PostgreSQL is restarted", goesOnWithin: goesOnWithin, inject: restartPostgres},
	{name: "NATS is killed and comes back empty", goesOnWithin: goesOnWithin, inject: restartNATS},
	{name: "a push service answers 403 for a while", few: pushtest.FaultRates{Status: map[int]float64{403: 1}}, repair: acceptAgain},
	{name: "three of ten subscriptions, the oldest, are refused", stale: 3},
	{name: "idle connections to PostgreSQL fall silent", goesOnWithin: newPassWithin, network: &networkFault{server: postgresServer}},
	{name: "no packet reaches PostgreSQL for a while", goesOnWithin: healedWithin, network: &networkFault{server: postgresServer, cutFor: cutFor}},
	{name: "idle connections to NATS fall silent", goesOnWithin: newPassWithin, network: &networkFault{server: natsServer}},
	{name: "no packet reaches NATS for a while", goesOnWithin: healedWithin, network: &networkFault{server: natsServer, cutFor: cutFor}},
	{name: "pushes are throttled, fail, are reset, hang and are gone", most: ordinaryFaults, few: ordinaryFaults},
	{name: "SQLite is locked by another program", alone: true, inject: lock, repair: unlockLater},
	{name: "the alert after that", most: pushtest.FaultRates{Gone: ordinaryFaults.Gone}, few: pushtest.FaultRates{Gone: ordinaryFaults.Gone}},
}

// lastLater returns how much later than without a fault the last reader may have the alert;
// 0 if that is not compared.
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

// isIdle reports whether the fault is injected while the fleet is idle.
func (t fault) isIdle() bool { return t.network != nil && t.network.cutFor == 0 }

// isCut reports whether all packets are dropped for a while.
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

// acceptAgain waits until all other readers have the alert, because the fault must not
// affect them. Then the push service accepts pushes again.
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
