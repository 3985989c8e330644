// Package programtest runs Newsbell in tests.
package programtest

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"newsbell/cmd/newsbell/program"
)

// Serve starts a program and waits until it is ready. It runs until stop is called.
func Serve(t *testing.T, c program.Config, out io.Writer) (address string, stop func()) {
	t.Helper()
	p, stop := Start(t, c, out)
	address = p.URL()
	AwaitReady(t, address)
	return address, stop
}

// Start starts a program. It runs until stop is called.
func Start(t *testing.T, c program.Config, out io.Writer) (p *program.Program, stop func()) {
	t.Helper()
	p, err := program.New(c, out)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return p, stop
}

// AwaitReady waits until a program says that it is ready.
func AwaitReady(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for Get(t, address+"/readyz") != http.StatusOK {
		select {
		case <-ctx.Done():
			t.Fatal("the program is not ready after 20 s")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Get returns the status of a page.
func Get(t *testing.T, url string) int {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
