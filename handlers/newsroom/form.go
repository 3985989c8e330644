package newsroom

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

// draftOf returns the draft in a form.
func draftOf(c *gin.Context) models.Draft {
	d := models.Draft{
		Outage: c.Param("slug"), OutageKind: models.OutageKind(c.PostForm("outage_kind")), Actor: sessionOf(c).Actor(),
		Kind: models.UpdateKind(c.PostForm("kind")), Alert: models.AlertLevel(c.PostForm("alert")),
		Headline: c.PostForm("headline"), Body: c.PostForm("body"),
		Apps: c.PostFormArray("apps"), States: map[string]models.AppState{},
		Again: c.PostForm("do") == "again", RequestKey: c.PostForm("key"),
		From: &models.DraftSource{Session: sessionOf(c), Known: models.DraftVersion{ID: idOf(c.PostForm("draft")), Version: idOf(c.PostForm("version"))}},
	}
	for name, values := range c.Request.PostForm {
		if slug, ok := strings.CutPrefix(name, "state."); ok && values[0] != "" {
			d.States[slug] = models.AppState(values[0])
		}
	}
	if d.Kind == models.Correction { // the form hides the field for other kinds
		d.Corrects = idOf(c.PostForm("corrects"))
	}
	return d
}

// idOf parses an ID from a form: 0 if it is empty, and an ID that does not exist if it is
// not a number.
func idOf(text string) int64 {
	if text == "" {
		return 0
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return number
}

// draftView returns a draft for its form.
func draftView(d models.Draft) static.EditorDraft {
	view := static.EditorDraft{
		Kind: string(d.Kind), Alert: string(d.Alert), Headline: d.Headline, Body: d.Body, Corrects: d.Corrects,
		Apps: map[string]bool{}, States: map[string]string{},
	}
	if d.From != nil {
		view.ID, view.Version = d.From.Known.ID, d.From.Known.Version
	}
	for _, slug := range d.Apps {
		view.Apps[slug] = true
	}
	for slug, state := range d.States {
		view.States[slug] = string(state)
	}
	return view
}
