package static

import (
	"html/template"
	"net/http"
	"time"
)

// everyPage returns every page, with and without data.
func everyPage(text string) map[string]func(*Pages, http.ResponseWriter) error {
	app := App{Slug: "messenger", Name: text, State: "failing", Since: began}
	drill := Outage{IsDrill: true, Slug: "practice", Headline: text, State: "ongoing", BeganAt: began, Apps: []App{app}}
	ongoing := Outage{Slug: "messages-down", Headline: text, Standfirst: text, State: "ongoing", BeganAt: began, Apps: []App{app}}
	past := ongoing
	past.State, past.ResolvedAt = "resolved", &resolved
	updates := []Update{
		{ID: 3, Kind: "correction", Headline: text, Body: template.HTML("<p>Fine</p>"), PublishedAt: resolved, Corrects: &Entry{1, text, began}},
		{ID: 2, Kind: "resolution", Key: true, Headline: text, PublishedAt: resolved, Apps: []UpdateApp{{App: app, SetState: "up"}}},
		{ID: 1, Kind: "update", Key: true, Headline: text, PublishedAt: began, Apps: []UpdateApp{{App: app}}, Corrections: []Entry{{3, text, resolved}}},
	}
	var written []EditorUpdate
	for i, state := range []string{"holding", "sending", "sent"} {
		written = append(written, EditorUpdate{
			Update: updates[i], Alert: &EditorAlert{ID: int64(i), State: state, UndoUntil: began, MayStop: true, Counts: Counts{Audience: 1204, Accepted: 7}},
			CatchUps: []EditorAlert{{ID: 9, State: "sending", MayStop: true}}, CaughtUp: 12,
		})
	}
	hidden := []EditorHidden{
		{ID: 4, Alert: EditorAlert{ID: 4, State: "holding", UndoUntil: began, UndoWithin: 7 * time.Second, MayStop: true}, Headline: text, Body: text, SentAt: began},
		{ID: 5, Alert: EditorAlert{ID: 5, State: "stopped", UndoUntil: began}, Headline: text, Body: text, SentAt: began},
	}
	scheduled := []EditorScheduled{
		{ID: 1, Outage: ongoing, Headline: text, Body: text, Writer: text, At: began.Truncate(time.Hour), SendsAlert: true},
		{ID: 2, Outage: drill, Headline: text, Body: text, Writer: text, At: began, Problem: "late"},
	}
	draft := EditorDraft{Kind: "correction", Corrects: 1, Alert: "key", Headline: text, Body: text, Apps: map[string]bool{"messenger": true}, States: map[string]string{"messenger": "up"}}

	actor := EditorActor{Name: text, HasAccount: true, MayPublish: true, IsChief: true}
	wrong := FormProblems{{"name", text}, {"email", text}, {"password", text}, {"current", text}, {"role", text}, {"headline", text}, {"standfirst", text}, {"slug", text}, {"apps", text}, {"state", text}, {"scopes", text}, {"expires", text}}

	moment, n := &EditorMoment{At: resolved, After: 90 * time.Second}, 7
	sending := EditorProgress{
		EditorAlert: *written[1].Alert, PerSecond: 4100, Milestones: []EditorMilestone{{Percent: 50, Estimated: moment, Accepted: moment}},
		Services: []EditorService{{Name: text, Host: text, Counts: written[1].Alert.Counts}}, Troubles: []EditorTrouble{{Words: text, Advice: text, RetriedUntil: &resolved}},
		Chart: &EditorChart{Most: 1204, Seconds: []float64{0, 1}, Estimate: []*int{nil, &n}, Accepted: []*int{&n, nil}, Shown: []*int{nil, nil}},
	}
	ofDrill := sending
	ofDrill.IsDrill, ofDrill.State, ofDrill.IsEnding = true, "stopped", true

	type write = func(*Pages, http.ResponseWriter) error
	return map[string]write{
		"front": func(p *Pages, w http.ResponseWriter) error {
			return p.Front(w, FrontPage{Ongoing: []Outage{ongoing}, Past: []Outage{past}, Apps: []App{app}})
		},
		"front without data": func(p *Pages, w http.ResponseWriter) error { return p.Front(w, FrontPage{}) },
		"front without outages": func(p *Pages, w http.ResponseWriter) error {
			return p.Front(w, FrontPage{Apps: []App{app}})
		},
		"outage": func(p *Pages, w http.ResponseWriter) error { return p.Outage(w, OutagePage{ongoing, updates}) },
		"outage resolved": func(p *Pages, w http.ResponseWriter) error {
			return p.Outage(w, OutagePage{past, updates})
		},
		"alert": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorAlertPage(w, EditorAlertPage{Actor: actor, Outage: ongoing, Headline: text, EditorProgress: sending})
		},
		"alert of a drill": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorAlertPage(w, EditorAlertPage{Actor: actor, Outage: drill, Headline: text, EditorProgress: ofDrill})
		},
		"alert without data":  func(p *Pages, w http.ResponseWriter) error { return p.EditorAlertPage(w, EditorAlertPage{}) },
		"outage without data": func(p *Pages, w http.ResponseWriter) error { return p.Outage(w, OutagePage{}) },
		"app": func(p *Pages, w http.ResponseWriter) error {
			return p.App(w, AppPage{app, []Outage{ongoing, past}})
		},
		"app without data": func(p *Pages, w http.ResponseWriter) error { return p.App(w, AppPage{}) },
		"search": func(p *Pages, w http.ResponseWriter) error {
			return p.Search(w, SearchPage{text, []Outage{ongoing, past}})
		},
		"search without data": func(p *Pages, w http.ResponseWriter) error { return p.Search(w, SearchPage{}) },
		"preferences":         func(p *Pages, w http.ResponseWriter) error { return p.Preferences(w, PreferencesPage{}) },
		"error": func(p *Pages, w http.ResponseWriter) error {
			return p.Error(w, ErrorPage{http.StatusNotFound, text, text})
		},
		"sign-in": func(p *Pages, w http.ResponseWriter) error { return p.EditorSignIn(w, EditorSignInPage{}) },
		"sign-in with a problem": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorSignIn(w, EditorSignInPage{Email: text, Problem: text})
		},
		"sign-in with a token": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorSignIn(w, EditorSignInPage{ByToken: true, Problem: text})
		},
		"invitation": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorInvitation(w, EditorInvitationPage{Secret: text, ChoosesEmail: true, Email: text, Name: text, Role: "chief", Problems: wrong})
		},
		"invitation without data": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorInvitation(w, EditorInvitationPage{})
		},
		"reset link": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorInvitation(w, EditorInvitationPage{Secret: text, Resets: true, Email: text})
		},
		"ended invitation": func(p *Pages, w http.ResponseWriter) error { return p.EditorInvitationEnded(w) },
		"account": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorAccount(w, EditorAccountPage{
				HasPassword: true,
				Actor:       actor, Name: text, Email: text, Role: "chief", Problems: wrong, Done: "name",
				Browsers: []EditorBrowser{{ID: 1, Name: text, Linked: began}},
				Sessions: []EditorSession{{ID: 1, Browser: text, IsThis: true, Begun: began, LastUse: began}, {ID: 2, Browser: text, Begun: began, LastUse: began}},
			})
		},
		"welcome": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorWelcome(w, EditorWelcomePage{Actor: actor, Passkeys: EditorPasskeys{AreOffered: true, MayAdd: true, Name: text}})
		},
		"sign-in with an identity provider": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorSignIn(w, EditorSignInPage{OpenIDLabel: text, OpenIDProblem: text})
		},
		"sign-in with passkeys": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorSignIn(w, EditorSignInPage{Email: text, Problem: text, WithPasskeys: true})
		},
		"account with passkeys": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorAccount(w, EditorAccountPage{
				Actor: actor, Name: text, Email: text, Role: "chief", Done: "passkey", Passkeys: EditorPasskeys{
					AreOffered: true, MayAdd: true, Name: text,
					List: []EditorPasskey{{ID: 1, Name: text, Added: began, LastUse: &began, IsSuspended: true}, {ID: 2, Name: text, Added: began}},
				},
			})
		},
		"people": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorPeople(w, EditorPeoplePage{
				Actor: actor, People: []EditorPerson{{1, text, text, "chief", true, true}, {2, text, text, "viewer", false, false}},
				Invitations: []EditorInvitation{{ID: 1, Email: text, Role: "editor", Expires: began}}, Email: text, Role: "viewer", Problems: wrong,
			})
		},
		"people without data": func(p *Pages, w http.ResponseWriter) error { return p.EditorPeople(w, EditorPeoplePage{}) },
		"person": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorPerson(w, EditorPersonPage{Actor: actor, Person: EditorPerson{2, text, text, "viewer", true, false}, Conflict: text})
		},
		"link": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorLink(w, EditorLinkPage{Actor: actor, URL: text, Email: text, Role: "editor", Expires: began})
		},
		"tokens": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorTokens(w, EditorTokensPage{
				Actor: actor, Tokens: []EditorToken{{text, EditorScopes{true, true}, text, began, &began, &began, nil}},
				Ended: []EditorToken{{text, EditorScopes{false, true}, "", began, nil, &began, nil}}, Name: text, Expires: text, Problems: wrong,
			})
		},
		"new token": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorToken(w, EditorTokenPage{actor, EditorToken{Name: text, Expires: &began}, text})
		},
		"new outage": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorOutageForm(w, EditorOutageFormPage{Actor: actor, Apps: []App{app}, Headline: text, Standfirst: text, Slug: text, Problems: wrong})
		},
		"outage to edit": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorOutageForm(w, EditorOutageFormPage{Actor: actor, Address: "messages-down", Known: text, Newer: &ongoing})
		},
		"apps": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorApps(w, EditorAppsPage{actor, []EditorApp{{app, 1204}}, text, text, wrong})
		},
		"app in the newsroom": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorApp(w, EditorAppPage{actor, app, text, "up", wrong, text})
		},
		"newsroom": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorFront(w, EditorFrontPage{actor, []EditorWaiting{{3, text, text, text, began, false, false}, {4, text, text, text, began, true, true}}, scheduled, []DeskOutage{{ongoing, 1204, &began, 1200, []DeskWriter{{EditorWriter{text, began}, false, text}, {EditorWriter{text, began}, true, ""}}}, {past, 1, nil, 0, nil}}, []DeskOutage{{drill, 2, &began, 1, nil}}})
		},
		"newsroom without data": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorFront(w, EditorFrontPage{})
		},
		"newsroom outage with a draft changed elsewhere": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorOutage(w, EditorOutagePage{
				Actor: actor, Outage: ongoing, Apps: []App{app}, Draft: draft, Hidden: hidden, Updates: written, Owner: text, SavedAt: &began,
				Conflict: &EditorConflict{Headline: text, Body: text}, Presence: EditorPresence{[]EditorWriter{{text, began}}, []EditorSent{{text, text, true, began}, {text, text, false, began}}},
			})
		},
		"newsroom outage": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorOutage(w, EditorOutagePage{
				Actor: actor, Outage: ongoing, Apps: []App{app}, Draft: draft, Updates: written, Scheduled: scheduled,
				Tried: &EditorTried{Browsers: []string{text}}, Audience: &EditorAudience{Readers: 1204, All: 1200, InQuietHours: 4, PushServices: []EditorPushService{{text, 1204}}},
				Problems: []EditorProblem{{"", text}, {"headline", text}, {"kind", text}, {"alert", text}, {"apps", text}, {"body", text}, {"corrects", text}, {"states.messenger", text}, {"states.icq", text}, {"undo_seconds", text}},
			})
		},
		"confirmation": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorConfirmation(w, EditorConfirmationPage{
				Actor: actor, Outage: ongoing, Apps: []App{app}, Draft: draft, Owner: text, Update: updates[0], UndoWindow: 10 * time.Second, Later: EditorLater{text, text, text},
				Preview: EditorPreview{SendsAlert: true, Audience: 1204, InQuietHours: 4, EditorNotification: EditorNotification{text, text}}, RequestKey: "key",
				LastAlert: &EditorLastAlert{Ago: 4 * time.Minute, Accepted: 1000, Dismissed: 18},
			})
		},
		"confirmation of the same words": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorConfirmation(w, EditorConfirmationPage{
				Actor: actor, Outage: ongoing, Draft: draft, Preview: EditorPreview{SendsAlert: true, Audience: 1}, Repeated: &EditorRepeated{1, began},
			})
		},
		"confirmation of a chief": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorConfirmation(w, EditorConfirmationPage{
				Actor: actor, Outage: ongoing, Draft: draft, Preview: EditorPreview{SendsAlert: true, Audience: 1}, IsRefused: true,
				Need: &EditorApprovalNeed{EditorApproval: EditorApproval{1, "returned", text, text}, MayAsk: true, MayOverride: true, OverrideReason: text, Problem: text},
			})
		},
		"approval": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorApproval(w, EditorApprovalPage{
				EditorConfirmationPage: EditorConfirmationPage{Actor: actor, Outage: ongoing, Draft: draft, Update: updates[0], Preview: EditorPreview{SendsAlert: true, Audience: 1204}},
				EditorApproval:         EditorApproval{ID: 1, State: "waiting"}, Writer: text, Asked: began, MayDecide: true, Answer: text, Problem: text, Conflict: text,
			})
		},
		"approval of the writer": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorApproval(w, EditorApprovalPage{
				EditorConfirmationPage: EditorConfirmationPage{Actor: actor, Outage: ongoing, Draft: draft},
				EditorApproval:         EditorApproval{ID: 1, State: "approved", By: text}, Writer: text, Asked: began, IsMine: true,
			})
		},
		"approval without data": func(p *Pages, w http.ResponseWriter) error { return p.EditorApproval(w, EditorApprovalPage{}) },
		"policy": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorPolicy(w, EditorPolicyPage{Actor: actor, AboveReaders: text, KeyMoments: true, IsSaved: true, Problems: FormProblems{{"above_readers", text}}})
		},
		"policy without data": func(p *Pages, w http.ResponseWriter) error { return p.EditorPolicy(w, EditorPolicyPage{}) },
		"confirmation without data": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorConfirmation(w, EditorConfirmationPage{})
		},
		"newsroom outage without data": func(p *Pages, w http.ResponseWriter) error {
			return p.EditorOutage(w, EditorOutagePage{})
		},
	}
}
