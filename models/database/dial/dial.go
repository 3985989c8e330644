// Package dial connects to databases and queues so that a peer that is gone
// without a word is noticed within seconds, instead of after TCP's quarter of an
// hour: a firewall that lost its state, a partition, a machine without power.
package dial

import (
	"net"
	"time"
)

const (
	// connectWithin bounds a connection's handshake.
	connectWithin = 3 * time.Second
	// silentFor is how long what was sent may stay without TCP's acknowledgement.
	silentFor = 4 * time.Second
	// keepAliveIdle is when an idle connection is probed first, and
	// keepAliveEvery how often after that.
	keepAliveIdle  = 2 * time.Second
	keepAliveEvery = time.Second
)

// Dialer connects with keep-alive probes and, on Linux, TCP_USER_TIMEOUT (RFC
// 5482). Other systems only have the probes, which notice a dead peer while
// nothing has been sent to it.
func Dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: connectWithin,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: keepAliveIdle, Interval: keepAliveEvery,
			Count: int((silentFor - keepAliveIdle) / keepAliveEvery),
		},
		Control: boundSilence,
	}
}
