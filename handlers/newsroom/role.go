package newsroom

import (
	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

// needRole admits only people whose role includes another.
func (n *Newsroom) needRole(role models.Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !sessionOf(c).Role().Includes(role) {
			n.errors.Forbid(c, "Your role does not allow this. Ask a chief of your newsroom.")
		}
	}
}

// needPerson admits only people with an account.
func (n *Newsroom) needPerson(c *gin.Context) {
	if sessionOf(c).Person == nil {
		n.errors.Forbid(c, "You have signed in with a token, which has no account.")
	}
}

// actorOf returns the view of who has signed in.
func actorOf(c *gin.Context) static.EditorActor {
	session := sessionOf(c)
	return static.EditorActor{
		Name: session.Name(), HasAccount: session.Person != nil,
		MayPublish: session.Role().Includes(models.RoleEditor), IsChief: session.Role().Includes(models.RoleChief),
	}
}
