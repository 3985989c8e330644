package programtest

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// Log captures the log of a program. A test can wait for a text in it.
type Log struct {
	mu      sync.Mutex
	text    strings.Builder
	written chan struct{} // closed and replaced at each line
}

// NewLog returns an empty log.
func NewLog() *Log { return &Log{written: make(chan struct{})} }

// Write implements [io.Writer].
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.written)
	l.written = make(chan struct{})
	return l.text.Write(line)
}

// Await waits until the log contains a text, and returns the whole log.
func (l *Log) Await(t *testing.T, words string) string {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		l.mu.Lock()
		text, written := l.text.String(), l.written
		l.mu.Unlock()
		if strings.Contains(text, words) {
			return text
		}
		select {
		case <-written:
		case <-late:
			t.Fatalf("the log does not contain %q:\n%s", words, text)
		}
	}
}
