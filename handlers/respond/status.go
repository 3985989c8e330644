package respond

import (
	"errors"
	"net/http"

	"newsbell/models"
	"newsbell/models/database"
	"newsbell/models/validation"
)

// Status returns the HTTP status of an error. It is the only place that maps the
// domain's errors to HTTP.
func Status(err error) int {
	_, isInvalid := errors.AsType[*validation.Invalid](err)
	switch {
	case isInvalid:
		return http.StatusUnprocessableEntity
	case errors.Is(err, models.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, models.ErrConflict):
		return http.StatusConflict
	case errors.Is(err, models.ErrUnauthorized):
		return http.StatusUnauthorized
	case errors.Is(err, models.ErrExpired):
		return http.StatusGone
	case database.IsUnavailable(err):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Message returns what people read about a status. Details of our own faults
// stay in the log.
func Message(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "What was sent cannot be read."
	case http.StatusForbidden:
		return "This was sent from another site, or by a browser that does not say from which, and has been refused."
	case http.StatusRequestEntityTooLarge:
		return "What was sent is too long."
	case http.StatusNotFound:
		return "There is nothing at this address."
	case http.StatusGone:
		return "What was here has been deleted."
	case http.StatusMethodNotAllowed:
		return "This cannot be done here."
	case http.StatusUnauthorized:
		return "The token or secret is missing or wrong."
	case http.StatusUnprocessableEntity:
		return "Some of what was sent cannot be used."
	case http.StatusTooManyRequests:
		return "Too many requests of this kind came from this address. Please wait a minute."
	case http.StatusServiceUnavailable:
		return "Not ready yet. Please try again in a moment."
	case http.StatusGatewayTimeout:
		return "This took too long. Please try again, or with other words."
	}
	return "Something went wrong on our side. Please try again."
}
