package pushtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// refusal is an error response in the format of Mozilla's push service.
type refusal struct {
	Code    int    `json:"code"`
	Errno   int    `json:"errno"`
	Status  string `json:"error"`
	Message string `json:"message"`
}

func refuse(code, errno int, message string) error {
	return &refusal{Code: code, Errno: errno, Status: http.StatusText(code), Message: message}
}

func (r *refusal) Error() string { return fmt.Sprintf("%d: %s", r.Code, r.Message) }

func (s *Server) refuse(w http.ResponseWriter, err error) {
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		refused = &refusal{
			Code: http.StatusInternalServerError, Errno: 999,
			Status: http.StatusText(http.StatusInternalServerError), Message: err.Error(),
		}
	}
	s.stats.answer(refused.Code)
	writeJSON(w, refused.Code, refused)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
