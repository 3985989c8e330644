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
	_, isTooLong := errors.AsType[*http.MaxBytesError](err)
	switch {
	case isTooLong:
		return http.StatusRequestEntityTooLarge
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

// Message returns the text that people read about a status. The details of internal
// errors are only in the log.
func Message(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The request could not be read."
	case http.StatusForbidden:
		return "This request came from another site, or from a browser that does not say which site it is on, so it was blocked."
	case http.StatusRequestEntityTooLarge:
		return "The request is too long."
	case http.StatusNotFound:
		return "There is nothing at this address."
	case http.StatusGone:
		return "The content at this address has been deleted."
	case http.StatusMethodNotAllowed:
		return "This address does not support this request."
	case http.StatusUnauthorized:
		return "The token or secret is missing or wrong."
	case http.StatusUnprocessableEntity:
		return "Some fields of the request are invalid."
	case http.StatusTooManyRequests:
		return "Too many requests of this kind from your address. Please wait a minute."
	case http.StatusServiceUnavailable:
		return "Not ready yet. Please try again in a moment."
	case http.StatusGatewayTimeout:
		return "This took too long. Please try again, or search for something else."
	}
	return "Something went wrong on our side. Please try again."
}
