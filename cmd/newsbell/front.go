package main

import (
	"net/http"
	"sync/atomic"
)

// front is what the server shows: one handler first, another once there is
// more.
type front struct{ shown atomic.Pointer[http.Handler] }

func newFront(first http.Handler) *front {
	f := &front{}
	f.show(first)
	return f
}

func (f *front) show(h http.Handler) { f.shown.Store(&h) }

// ServeHTTP implements [http.Handler].
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*f.shown.Load()).ServeHTTP(w, r) }
