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

// controlStats, controlScript and controlDropBrowsers are [Server.Stats],
// [Server.Script] and [Server.DropBrowsers] for tests in other processes.
func (s *Server) controlStats(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.Stats())
}

func (s *Server) controlScript(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Endpoint string           `json:"endpoint"`
		Answers  []scriptedAnswer `json:"answers"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	answers := make([]Answer, len(in.Answers))
	for i, scripted := range in.Answers {
		var err error
		if answers[i], err = scripted.answer(); err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
			return
		}
	}
	s.Script(in.Endpoint, answers...)
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
