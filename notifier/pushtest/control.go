package pushtest

import (
	"encoding/json"
	"net/http"
	"time"
)

// scriptedAnswer is an [Answer] in JSON, with a delay such as "70ms".
type scriptedAnswer struct {
	Status     int    `json:"status"`
	Delay      string `json:"delay"`
	RetryAfter string `json:"retry_after"`
	Body       string `json:"body"`
	Reset      bool   `json:"reset"`
	Hang       bool   `json:"hang"`
	Swallow    bool   `json:"swallow"`
}

// The control routes are the methods of [Server] for tests in other processes.
func (s *Server) controlStats(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.Stats())
}

func (s *Server) controlScript(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Endpoint string           `json:"endpoint"`
		Answers  []scriptedAnswer `json:"answers"`
	}
	take(w, r, &in, func() error {
		answers := make([]Answer, len(in.Answers))
		for i, scripted := range in.Answers {
			var err error
			if answers[i], err = scripted.answer(); err != nil {
				return err
			}
		}
		s.Script(in.Endpoint, answers...)
		return nil
	})
}

func (s *Server) controlFaults(w http.ResponseWriter, r *http.Request) {
	var in FaultRates
	take(w, r, &in, func() error { return s.SetFaultRates(in) })
}

func (s *Server) controlSimulated(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.Simulated())
}

func (s *Server) controlSimulate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Size     int    `json:"size"`
		VAPIDKey string `json:"vapid_key"`
	}
	take(w, r, &in, func() error { return s.Simulate(in.Size, in.VAPIDKey) })
}

// take decodes JSON into in and calls act.
func take(w http.ResponseWriter, r *http.Request, in any, act func() error) {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(in)
	if err == nil {
		err = act()
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) controlDropBrowsers(w http.ResponseWriter, _ *http.Request) {
	s.DropBrowsers()
	w.WriteHeader(http.StatusNoContent)
}

func (a scriptedAnswer) answer() (Answer, error) {
	answer := Answer{
		Status: a.Status, RetryAfter: a.RetryAfter, Body: a.Body,
		Reset: a.Reset, Hang: a.Hang, Swallow: a.Swallow,
	}
	if a.Delay == "" {
		return answer, nil
	}
	var err error
	answer.Delay, err = time.ParseDuration(a.Delay)
	return answer, err
}
