package program

import (
	"net/http"
	"sync/atomic"
)

// handlerSwitch is a handler that can be replaced while the server runs.
type handlerSwitch struct{ current atomic.Pointer[http.Handler] }

func newHandlerSwitch(first http.Handler) *handlerSwitch {
	f := &handlerSwitch{}
	f.show(first)
	return f
}

func (f *handlerSwitch) show(h http.Handler) { f.current.Store(&h) }

// ServeHTTP implements [http.Handler].
func (f *handlerSwitch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*f.current.Load()).ServeHTTP(w, r)
}
