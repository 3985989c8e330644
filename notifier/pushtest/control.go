package pushtest

import (
	"encoding/json"
	"net/http"
)

// control serves what tests in other processes need.
func (s *Server) control(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/stats", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.Stats())
	})
	mux.HandleFunc("POST /control/script", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Endpoint string   `json:"endpoint"`
			Answers  []Answer `json:"answers"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.Script(in.Endpoint, in.Answers...)
	})
	mux.HandleFunc("POST /control/drop-browsers", func(http.ResponseWriter, *http.Request) { s.DropBrowsers() })
}
