package program

import (
	"net/http"
	"sync/atomic"
)

// handlerSwitch is what the server shows: one handler first, another once there is
// more.
type handlerSwitch struct{ shown atomic.Pointer[http.Handler] }

func newHandlerSwitch(first http.Handler) *handlerSwitch {
	f := &handlerSwitch{}
	f.show(first)
	return f
}

func (f *handlerSwitch) show(h http.Handler) { f.shown.Store(&h) }

// ServeHTTP implements [http.Handler].
func (f *handlerSwitch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*f.shown.Load()).ServeHTTP(w, r)
}
