package main

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// journal is a log that can be waited for.
type journal struct {
	mu      sync.Mutex
	text    strings.Builder
	written chan struct{} // closed and renewed at each line
}

func newJournal() *journal { return &journal{written: make(chan struct{})} }

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.written)
	j.written = make(chan struct{})
	return j.text.Write(line)
}

// awaits waits until the log says something, and returns all it says.
func (j *journal) awaits(t *testing.T, words string) string {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		j.mu.Lock()
		text, written := j.text.String(), j.written
		j.mu.Unlock()
		if strings.Contains(text, words) {
			return text
		}
		select {
		case <-written:
		case <-late:
			t.Fatalf("nothing of %q in\n%s", words, text)
		}
	}
}
