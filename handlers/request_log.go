package handlers

import (
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/respond"
)

// logRequest logs the route, not the URL, which may contain a secret.
func logRequest(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Next()
		log.Debug("request", "method", c.Request.Method, "route", c.FullPath(), "status", c.Writer.Status())
	}
}

// recoverPanic answers with 500 if a handler panics, and logs the panic.
func recoverPanic(errors *respond.Errors, log *slog.Logger) gin.HandlerFunc {
	return gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, cause any) {
		log.Error("panic", "route", c.FullPath(), "cause", cause, "stack", string(debug.Stack()))
		errors.Abort(c, http.StatusInternalServerError)
	})
}
