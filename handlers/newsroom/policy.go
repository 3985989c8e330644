package newsroom

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/models/validation"
	"newsbell/static"
)

func (n *Newsroom) policyPage(c *gin.Context) error {
	policy, err := n.store.Policy(c.Request.Context())
	if err != nil {
		return err
	}
	page := static.EditorPolicyPage{KeyMoments: policy.KeyMoments, IsSaved: c.Query("saved") != ""}
	if policy.AboveReaders != nil {
		page.AboveReaders = strconv.Itoa(*policy.AboveReaders)
	}
	return n.showPolicy(c, page)
}

func (n *Newsroom) showPolicy(c *gin.Context, page static.EditorPolicyPage) error {
	page.Actor = actorOf(c)
	return n.pages.EditorPolicy(c.Writer, page)
}

func (n *Newsroom) setPolicy(c *gin.Context) error {
	page := static.EditorPolicyPage{AboveReaders: c.PostForm("above_readers"), KeyMoments: c.PostForm("key_moments") != ""}
	policy, err := parsePolicy(page)
	if err == nil {
		err = n.store.SetPolicy(c.Request.Context(), policy, sessionOf(c).Actor())
	}
	if problems, ok := problemsOf(err); ok {
		page.Problems = problems
		return n.showPolicy(c, page)
	}
	if err != nil {
		return err
	}
	n.redirect(c, "/policy?saved=yes")
	return nil
}

// parsePolicy returns the policy of a form. Numbers may have commas or spaces between their
// thousands.
func parsePolicy(page static.EditorPolicyPage) (models.Policy, error) {
	policy := models.Policy{KeyMoments: page.KeyMoments}
	digits := strings.NewReplacer(",", "", " ", "").Replace(page.AboveReaders)
	if digits == "" {
		return policy, nil
	}
	number, err := strconv.Atoi(digits)
	if err != nil {
		var p validation.Problems
		p.Add("above_readers", "must be a whole number")
		return policy, p.Err()
	}
	policy.AboveReaders = &number
	return policy, nil
}
