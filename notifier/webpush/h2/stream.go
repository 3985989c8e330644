package h2

// stream is a request in flight and its response so far. The connection's lock guards it
// until it has ended; then it does not change any more.
type stream struct {
	id       uint32
	response Response
	err      error
	ended    chan struct{}
}

func newStream(id uint32) *stream { return &stream{id: id, ended: make(chan struct{})} }

// end is called once, by the goroutine that removed the stream from its connection.
func (s *stream) end(err error) {
	s.err = err
	close(s.ended)
}

// result returns the result of an ended stream. A partial response counts, because only
// its status matters.
func (s *stream) result() (Response, error) {
	if s.response.Status != 0 {
		return s.response, nil
	}
	return Response{}, s.err
}
