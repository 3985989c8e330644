package database

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// errSilent says that a database did not answer in time.
var errSilent = errors.New("the database has fallen silent")

// patientConn is a database's connection whose reads and writes end with errSilent when the
// server is silent for longer than patience. The driver reads only while it waits for
// an answer, so that this bounds every statement, also on a network that drops
// packets.
type patientConn struct {
	net.Conn
	patience time.Duration
	silent   func() // called for each silence

	mu sync.Mutex
	// read and write are the driver's own deadlines, and the end of patience.
	read, write deadlines
}

type deadlines struct{ driver, patience time.Time }

func newPatientConn(conn net.Conn, patience time.Duration, silent func()) *patientConn {
	return &patientConn{Conn: conn, patience: patience, silent: silent}
}

func (c *patientConn) Read(b []byte) (int, error) {
	err := c.set(func() { c.read.patience = time.Now().Add(c.patience) }, c.setRead)
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	return n, c.explain(err, &c.read)
}

func (c *patientConn) Write(b []byte) (int, error) {
	err := c.set(func() { c.write.patience = time.Now().Add(c.patience) }, c.setWrite)
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	return n, c.explain(err, &c.write)
}

func (c *patientConn) SetDeadline(t time.Time) error {
	return c.set(func() { c.read.driver, c.write.driver = t, t }, c.setRead, c.setWrite)
}

func (c *patientConn) SetReadDeadline(t time.Time) error {
	return c.set(func() { c.read.driver = t }, c.setRead)
}

func (c *patientConn) SetWriteDeadline(t time.Time) error {
	return c.set(func() { c.write.driver = t }, c.setWrite)
}

// set changes deadlines and applies them.
func (c *patientConn) set(change func(), apply ...func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	for _, to := range apply {
		if err := to(); err != nil {
			return err
		}
	}
	return nil
}

func (c *patientConn) setRead() error  { return c.Conn.SetReadDeadline(c.read.first()) }
func (c *patientConn) setWrite() error { return c.Conn.SetWriteDeadline(c.write.first()) }

// explain replaces the error of a deadline that was patience's.
func (c *patientConn) explain(err error, d *deadlines) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.driver.IsZero() || d.patience.Before(d.driver) {
		c.silent()
		return errSilent
	}
	return err
}

func (d deadlines) first() time.Time {
	if d.driver.IsZero() || d.patience.Before(d.driver) && !d.patience.IsZero() {
		return d.patience
	}
	return d.driver
}
