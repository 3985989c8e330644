package h2

// stream is a request on its way and what is known of its response. It changes
// under the connection's lock, and no more once it has ended.
type stream struct {
	id       uint32
	response Response
	err      error
	ended    chan struct{}
}

func newStream(id uint32) *stream { return &stream{id: id, ended: make(chan struct{})} }

// end is called once, by the goroutine that took the stream off its connection.
func (s *stream) end(err error) {
	s.err = err
	close(s.ended)
}

// result is what came of an ended stream. A response that has begun is one:
// its status is all that matters.
func (s *stream) result() (Response, error) {
	if s.response.Status != 0 {
		return s.response, nil
	}
	return Response{}, s.err
}
