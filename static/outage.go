package static

import (
	"html/template"
	"net/http"
	"time"
)

// Outage is live coverage of one or more apps that do not work.
type Outage struct {
	// IsDrill is true only in the newsroom: readers never see a drill.
	IsDrill                    bool
	Slug, Headline, Standfirst string
	// State is ongoing or resolved.
	State      string
	BeganAt    time.Time
	ResolvedAt *time.Time
	Apps       []App
}

// Ongoing reports whether the outage is not resolved.
func (o Outage) Ongoing() bool { return o.State != "resolved" }

// Lasted returns how long a resolved outage took; zero while it is ongoing.
func (o Outage) Lasted() time.Duration {
	if o.ResolvedAt == nil {
		return 0
	}
	return o.ResolvedAt.Sub(o.BeganAt)
}

// UpdateApp is an app that an update concerns.
type UpdateApp struct {
	App App
	// SetState is the state that the update gave it, or empty.
	SetState string
}

// Update is one entry of an outage's live coverage.
type Update struct {
	ID int64
	// Position grows in the order in which updates became visible; 0 while it is hidden.
	Position int64
	// Kind is update, resolution or correction.
	Kind string
	// Key marks a key moment.
	Key      bool
	Headline string
	// Body is the body as HTML, Text the same as plain text.
	Body        template.HTML
	Text        string
	PublishedAt time.Time
	Apps        []UpdateApp
	// Corrects is the update that a correction corrects, or nil.
	Corrects *Entry
	// Corrections are the corrections of this update, oldest first.
	Corrections []Entry
}

// Entry is an update that another one links to.
type Entry struct {
	ID          int64
	Headline    string
	PublishedAt time.Time
}

func (u Update) isKeyMoment() bool { return u.Key || u.Kind == "resolution" }

// OutagePage is an outage's live page, its updates newest first.
type OutagePage struct {
	Outage  Outage
	Updates []Update
}

// Day is what was published on one day.
type Day struct {
	Date    time.Time
	Updates []Update
}

// Days groups the updates by day in UTC, newest first. A script regroups them by the
// reader's time zone.
func (o OutagePage) Days() (days []Day) {
	for _, update := range o.Updates {
		date := update.PublishedAt.UTC().Truncate(24 * time.Hour)
		if len(days) == 0 || !days[len(days)-1].Date.Equal(date) {
			days = append(days, Day{Date: date})
		}
		last := &days[len(days)-1]
		last.Updates = append(last.Updates, update)
	}
	return days
}

// outageView is the data of the page's template.
type outageView struct {
	OutagePage
	pages *Pages
}

// Outage writes an outage's live page.
func (p *Pages) Outage(w http.ResponseWriter, page OutagePage) error {
	return p.render(w, http.StatusOK, "outage", "/outages/"+page.Outage.Slug, outageView{page, p})
}

// Fragments are the HTML that an update adds to an outage's page that is already open.
type Fragments struct {
	// Entry is its entry in the coverage.
	Entry string
	// KeyMoment is its line among the key moments; empty if it is not one.
	KeyMoment string
	// Band is the new band after a resolution; empty for other updates.
	Band string
	// Corrected is the mark on the entry that a correction corrects; empty for other
	// updates.
	Corrected string
}

// Fragments renders what an update adds to its outage's page.
func (p *Pages) Fragments(outage Outage, update Update) (f Fragments, err error) {
	outage.State, outage.ResolvedAt = "resolved", &update.PublishedAt
	for _, part := range []struct {
		html     *string
		template string
		data     any
		applies  bool
	}{
		{&f.Entry, "entry", update, true},
		{&f.KeyMoment, "key-moment", update, update.isKeyMoment()},
		{&f.Band, "band", outage, update.Kind == "resolution"},
		{&f.Corrected, "corrected", update, update.Corrects != nil},
	} {
		if !part.applies {
			continue
		}
		if *part.html, err = p.fragment("outage", part.template, part.data); err != nil {
			return f, err
		}
	}
	return f, nil
}

// Newest returns the position of the newest update; 0 if there is none.
func (o OutagePage) Newest() int64 {
	if len(o.Updates) == 0 {
		return 0
	}
	return o.Updates[0].Position
}

// KeyMoments returns the most important updates, newest first.
func (o OutagePage) KeyMoments() []Update {
	var moments []Update
	for _, update := range o.Updates {
		if update.isKeyMoment() {
			moments = append(moments, update)
		}
	}
	return moments
}

// Apps returns all apps of the coverage: the outage's own, then those that only updates
// name.
func (o OutagePage) Apps() []App {
	apps := append([]App(nil), o.Outage.Apps...)
	seen := map[string]bool{}
	for _, app := range apps {
		seen[app.Slug] = true
	}
	for i := len(o.Updates) - 1; i >= 0; i-- {
		for _, named := range o.Updates[i].Apps {
			if !seen[named.App.Slug] {
				seen[named.App.Slug] = true
				apps = append(apps, named.App)
			}
		}
	}
	return apps
}

// AppsInState are the apps in one state.
type AppsInState struct {
	State string
	Apps  []App
}

// States groups the coverage's apps by state, the worst first.
func (o OutagePage) States() []AppsInState {
	var states []AppsInState
	for _, state := range []string{"failing", "recovering", "up", "retired"} {
		in := AppsInState{State: state}
		for _, app := range o.Apps() {
			if app.State == state {
				in.Apps = append(in.Apps, app)
			}
		}
		if len(in.Apps) > 0 {
			states = append(states, in)
		}
	}
	return states
}

// LastUpdate returns when the newest update was published; zero if there is none.
func (o OutagePage) LastUpdate() time.Time {
	if len(o.Updates) == 0 {
		return time.Time{}
	}
	return o.Updates[0].PublishedAt
}

// Follow returns the choices to follow the outage and its apps. After the resolution it
// offers only the apps, and preselects none.
func (o OutagePage) Follow() followChoices {
	choices := followChoices{Subject: o.Outage.Headline, Over: !o.Outage.Ongoing()}
	if o.Outage.Ongoing() {
		choices.Topic = "outage/" + o.Outage.Slug
		choices.add("outage", o.Outage.Slug, "This outage", "until it is resolved")
	}
	for _, app := range o.Apps() {
		if !app.IsRetired() {
			choices.add("app", app.Slug, app.Name, "each of its outages")
		}
	}
	return choices
}
