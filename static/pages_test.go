package static

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// hostile is text that tries to become markup or a template.
const hostile = `<script>alert("x")</script>" onload='y' {{.}}`

var (
	began    = time.Date(2021, 11, 3, 18, 4, 0, 0, time.UTC)
	resolved = time.Date(2021, 11, 3, 22, 15, 0, 0, time.UTC)
)

func TestEveryPage(t *testing.T) {
	for name, write := range everyPage("Messages are failing") {
		t.Run(name, func(t *testing.T) {
			html := render(t, write)

			t.Run("has one first heading", func(t *testing.T) {
				if n := strings.Count(html, "<h1"); n != 1 {
					t.Errorf("%d h1 elements", n)
				}
			})
			t.Run("has ids that are unique", func(t *testing.T) {
				seen := map[string]bool{}
				for _, id := range matches(html, ` id="([^"]*)"`) {
					if seen[id] {
						t.Errorf("id %q twice", id)
					}
					seen[id] = true
				}
			})
			t.Run("has labels that lead to something", func(t *testing.T) {
				for _, targets := range matches(html, ` (?:for|aria-labelledby|aria-describedby)="([^"]*)"`) {
					for _, target := range strings.Fields(targets) {
						if !strings.Contains(html, ` id="`+target+`"`) {
							t.Errorf("nothing has the id %q", target)
						}
					}
				}
			})
			t.Run("has nothing inline", func(t *testing.T) {
				for _, inline := range matches(html, `(<style|\sstyle=|<script>|\son[a-z]+=|javascript:)`) {
					t.Errorf("found %q", inline)
				}
			})
			t.Run("names assets that exist", func(t *testing.T) {
				for _, name := range matches(html, `"/static/`+version+`/([^"]*)"`) {
					if _, ok := assets[name]; !ok {
						t.Errorf("there is no asset %q", name)
					}
				}
				if strings.Count(html, `"/static/`) != strings.Count(html, `"/static/`+version+`/`) {
					t.Error("an asset is named without its version")
				}
			})
		})
	}
}

func TestHostileTextStaysText(t *testing.T) {
	for name, write := range everyPage(hostile) {
		t.Run(name, func(t *testing.T) {
			html := render(t, write)
			html = structuredData.ReplaceAllString(html, "") // TestAnOutageHasStructuredData reads it
			if strings.Contains(html, "<script>") || strings.Contains(html, `" onload='`) {
				t.Error("hostile text became markup")
			}
		})
	}
}

func TestBodiesKeepTheirMarkup(t *testing.T) {
	html := render(t, everyPage("Messages are failing")["outage"])
	if !strings.Contains(html, `<div class="prose"><p>Fine</p></div>`) {
		t.Error("the body's markup was escaped")
	}
}

func TestAResolvedOutageShowsItsDuration(t *testing.T) {
	html := render(t, everyPage("Messages are failing")["outage resolved"])
	if !strings.Contains(html, "after 4 h 11 min") {
		t.Error("no duration")
	}
}

func TestEachDayOfTheCoverageHasOneHeading(t *testing.T) {
	page := OutagePage{Updates: []Update{
		{ID: 3, PublishedAt: resolved.Add(2 * time.Hour)}, {ID: 2, PublishedAt: resolved}, {ID: 1, PublishedAt: began},
	}}
	body := render(t, func(p *Pages, w http.ResponseWriter) error { return p.Outage(w, page) })
	headings := matches(body, `(?s)<h3 class="day-heading"><time[^>]*>([^<]*)</time></h3>`)
	if len(headings) != 2 || headings[0] != "Thu 4 Nov 2021" || headings[1] != "Wed 3 Nov 2021" {
		t.Errorf("headings = %q", headings)
	}
}

func TestEntriesHaveTheAnchorsThatNotificationsLinkTo(t *testing.T) {
	html := render(t, everyPage("Messages are failing")["outage"])
	for _, anchor := range []string{`id="update-1"`, `id="update-2"`, `id="update-3"`, `href="#update-1"`} {
		if !strings.Contains(html, anchor) {
			t.Errorf("no %s", anchor)
		}
	}
}

func TestFollowOffersTheOutageAndItsApps(t *testing.T) {
	html := render(t, everyPage("Messages are failing")["outage"])
	for _, topic := range []string{`<data value="outage/messages-down"`, `<data value="app/messenger"`} {
		if strings.Count(html, topic) != 1 {
			t.Errorf("%s is offered %d times", topic, strings.Count(html, topic))
		}
	}
}

func TestACorrectionAndTheCorrectedUpdateLinkToEachOther(t *testing.T) {
	html := render(t, everyPage("Messages are failing")["outage"])
	entries := strings.Split(html, `<article class="entry `)
	for i, want := range map[int]string{
		1: `Corrects: <a href="#update-1">Messages are failing</a>`,
		3: `<a href="#update-3">Corrected at <time datetime="2021-11-03T22:15:00Z" data-show="clock">22:15 UTC</time></a>`,
	} {
		if strings.Count(html, want) != 1 || !strings.Contains(entries[i], want) {
			t.Errorf("entry %d does not contain %q exactly once", i, want)
		}
	}
}

func TestTheNewsroomOffersThePublishedUpdatesToCorrect(t *testing.T) {
	html := render(t, everyPage("Messages are failing")["newsroom outage"])
	options := matches(html, `<option value="([0-9]+" selected|[0-9]+)`)
	if strings.Join(options, " ") != `3 2 1" selected` {
		t.Errorf("options %q", options)
	}
}

func TestOnlyTheAppsOfAResolvedOutageCanBeFollowed(t *testing.T) {
	html := render(t, everyPage("Messages are failing")["outage resolved"])
	if topics := matches(html, `<data value="([^"]*)"`); len(topics) != 1 || topics[0] != "app/messenger" {
		t.Errorf("it offers %v", topics)
	}
	if !strings.Contains(html, `topic=""`) || !strings.Contains(html, `role="status">This outage is resolved, so you’ll be unfollowed automatically.`) {
		t.Error("it does not say that following has ended")
	}
}

func TestAResolvedOutageAllowsOnlyCorrections(t *testing.T) {
	html := render(t, func(p *Pages, w http.ResponseWriter) error {
		return p.EditorOutage(w, EditorOutagePage{Actor: EditorActor{MayPublish: true}, Outage: Outage{Slug: "over", State: "resolved"}})
	})
	if kinds := matches(html, `name="kind" value="([^"]*)"`); len(kinds) != 1 || kinds[0] != "correction" {
		t.Errorf("kinds %v", kinds)
	}
}

func TestStatuses(t *testing.T) {
	pages := newPages(t)
	for name, want := range map[string]int{"front": 200, "error": 404, "sign-in with a problem": 422, "newsroom outage": 422} {
		w := httptest.NewRecorder()
		if err := everyPage("Messages are failing")[name](pages, w); err != nil {
			t.Fatal(err)
		}
		if w.Code != want {
			t.Errorf("%s answered %d, not %d", name, w.Code, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                               "less than a minute",
		20 * time.Second:                "less than a minute",
		12 * time.Minute:                "12 min",
		2 * time.Hour:                   "2 h",
		4*time.Hour + 11*time.Minute:    "4 h 11 min",
		26*time.Hour + 5*time.Minute:    "1 d 2 h",
		59*time.Minute + 45*time.Second: "1 h",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %q, not %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1204: "1,204", 1000000: "1,000,000", -1204: "-1,204"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, not %q", n, got, want)
		}
	}
}

func newPages(t *testing.T) *Pages {
	t.Helper()
	pages, err := New(Site{Name: "Newsbell", BaseURL: "https://news.example"})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func render(t *testing.T, write func(*Pages, http.ResponseWriter) error) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := write(newPages(t), w); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

func matches(text, pattern string) []string {
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestFragmentsAreTheSameAsOnThePage(t *testing.T) {
	pages, err := New(Site{Name: "Newsbell", BaseURL: "https://news.example"})
	if err != nil {
		t.Fatal(err)
	}
	app := App{Slug: "messenger", Name: hostile, State: "up"}
	for kind, isKeyMoment := range map[string]bool{"update": false, "resolution": true, "correction": false} {
		update := Update{ID: 7, Kind: kind, Headline: hostile, Body: "<p>Fine</p>", PublishedAt: resolved, Apps: []UpdateApp{{App: app, SetState: "up"}}}
		fragments, err := pages.Fragments(Outage{}, update)
		if err != nil {
			t.Fatal(err)
		}
		page := render(t, func(p *Pages, w http.ResponseWriter) error {
			return p.Outage(w, OutagePage{Updates: []Update{update}})
		})
		if fragments.Entry == "" || !strings.Contains(page, fragments.Entry) || !strings.Contains(page, fragments.KeyMoment) {
			t.Errorf("%s: the page has no %+v", kind, fragments)
		}
		if (fragments.KeyMoment != "") != isKeyMoment {
			t.Errorf("%s: key moment %q", kind, fragments.KeyMoment)
		}
		if fragments.Corrected != "" {
			t.Errorf("%s: corrects nothing, with %q", kind, fragments.Corrected)
		}
	}
	wrong := Update{ID: 3, Headline: hostile, PublishedAt: began}
	correction := Update{ID: 7, Kind: "correction", PublishedAt: resolved, Corrects: &Entry{3, hostile, began}}
	wrong.Corrections = []Entry{{7, "", resolved}}
	fragments, err := pages.Fragments(Outage{}, correction)
	if err != nil {
		t.Fatal(err)
	}
	page := render(t, func(p *Pages, w http.ResponseWriter) error {
		return p.Outage(w, OutagePage{Updates: []Update{correction, wrong}})
	})
	if fragments.Corrected == "" || !strings.Contains(page, fragments.Corrected) || !strings.Contains(page, fragments.Entry) {
		t.Errorf("the page has no %+v", fragments)
	}
}

func TestEachProblemOfTheEditorsFormNamesItsField(t *testing.T) {
	html := render(t, func(p *Pages, w http.ResponseWriter) error {
		return p.EditorOutage(w, EditorOutagePage{Actor: EditorActor{MayPublish: true}, Apps: []App{{Slug: "messenger", Name: "Messenger"}}, Problems: []EditorProblem{
			{"headline", "is required"}, {"kind", "must be this or that"}, {"body", "must be at most 9 bytes"}, {"body", "must be valid UTF-8"}, {"alert", "must be some"},
			{"corrects", "only a correction can correct an update"}, {"apps", `there is no app "icq"`}, {"states.messenger", "must be up"}, {"states.icq", "must be up"},
			{"undo_seconds", "must be less"}, {"", "It is resolved."},
		}})
	})
	_, form, _ := strings.Cut(html, `action="/editor/outages/`)
	for id, sentence := range map[string]string{
		"field-headline": "Headline is required.", "field-kind": "Choose a kind.", "field-body": "Text must be at most 9 bytes.", "field-alert": "Choose who to alert.",
		"field-corrects": "Corrects: only a correction can correct an update.", "field-apps": "Apps: there is no app &#34;icq&#34;.", "state-messenger": "New state of Messenger must be up.",
	} {
		if !strings.Contains(html, `<li><a href="#`+id+`">`+sentence+`</a></li>`) || !strings.Contains(html, ` id="`+id+`"`) {
			t.Errorf("no line %q leads to %s", sentence, id)
		}
		of := strings.TrimPrefix(id, "field-")
		if !strings.Contains(form, ` id="problem-`+of+`">`+sentence) || !strings.Contains(form, ` aria-describedby="problem-`+of) {
			t.Errorf("%s has no problem beside it", id)
		}
	}
	for _, line := range []string{"<li>New state of icq must be up.</li>", "<li>undo_seconds must be less.</li>", "<li>It is resolved.</li>"} {
		if !strings.Contains(html, line) {
			t.Errorf("no line %q", line)
		}
	}
	if !strings.Contains(form, "Text must be at most 9 bytes. Text must be valid UTF-8.") {
		t.Error("only one of a field's two problems is shown")
	}
}

func TestTheConfirmationAsksInWordsAndNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		page       EditorConfirmationPage
		want, lack []string
	}{
		"an alert": {
			EditorConfirmationPage{Preview: EditorPreview{SendsAlert: true, Audience: 412_903}, LastAlert: &EditorLastAlert{4*time.Minute + 20*time.Second, 1000, 18}, UndoWindow: 10 * time.Second},
			[]string{"Send to 412,903 readers now?", "Last alert 4 minutes ago; 1.8% dismissed it.", ">Send now<", "undo it for 10 seconds"}, []string{"Publish without"},
		},
		"the first alert, to one reader": {
			EditorConfirmationPage{Preview: EditorPreview{SendsAlert: true, Audience: 1}},
			[]string{"Send to 1 reader now?", "has not sent an alert yet"}, []string{"undo it"},
		},
		"after an alert that reached nobody": {
			EditorConfirmationPage{Preview: EditorPreview{SendsAlert: true, Audience: 2}, LastAlert: &EditorLastAlert{Ago: 25 * time.Hour}},
			[]string{"Last alert 1 day ago; it reached nobody."}, nil,
		},
		"no alert": {
			EditorConfirmationPage{UndoWindow: 10 * time.Second},
			[]string{"Publish without an alert?", ">Publish<"}, []string{"Send", "Last alert", "undo it"},
		},
		"readers that could not be counted": {
			EditorConfirmationPage{Preview: EditorPreview{SendsAlert: true, IsUncounted: true}},
			[]string{"Send without knowing to how many readers?", "could not be counted in time", "or send it all the same", ">Send now<"}, []string{"No reader follows", "publish-silently"},
		},
		"an alert that goes to a few first": {
			EditorConfirmationPage{Preview: EditorPreview{SendsAlert: true, Audience: 120_400, First: 1204, FirstRefused: 20}},
			[]string{"About 1,204 readers get it first. If more than 20% of these pushes are refused, it stops itself."}, nil,
		},
		"an alert to nobody": {
			EditorConfirmationPage{Preview: EditorPreview{SendsAlert: true}, UndoWindow: 10 * time.Second},
			[]string{"Nobody would get this alert", "No reader follows", `value="publish-silently"`}, []string{`value="publish"`, "Send", "undo it"},
		},
	} {
		html := render(t, func(p *Pages, w http.ResponseWriter) error { return p.EditorConfirmation(w, c.page) })
		for _, want := range c.want {
			if !strings.Contains(html, want) {
				t.Errorf("%s: the page does not say %q", name, want)
			}
		}
		for _, lack := range c.lack {
			if strings.Contains(html, lack) {
				t.Errorf("%s: the page says %q", name, lack)
			}
		}
	}
}
