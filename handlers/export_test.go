package handlers

import (
	"github.com/gin-gonic/gin"

	"newsbell/handlers/watching"
)

// Routes returns all routes of a web.
func Routes(o Options) (gin.RoutesInfo, error) {
	shared, err := newShared(o)
	if err != nil {
		return nil, err
	}
	engine, err := newRoutedEngine(shared, newHub(shared, o), watching.New(o.Bus, o.Watching), o)
	if err != nil {
		return nil, err
	}
	return engine.Routes(), nil
}
