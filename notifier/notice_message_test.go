package notifier

import (
	"encoding/json"
	"strings"
	"testing"

	"newsbell/models"
)

func TestATestSaysWhatItIsUnderATagOfItsOwn(t *testing.T) {
	payload, err := noticeMessage(testNotifications, models.Notice{ID: 7, Kind: models.TestNotice}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"web_push":8030,"notification":{"title":"This is a test","navigate":"https://news.example/preferences",` +
		`"body":"Notifications from Newsbell reach this browser.","lang":"en","tag":"notice",` +
		`"icon":"https://news.example/static/icons/icon-192.png",` +
		`"data":{"notice":7,"kind":"test","url":"https://news.example/preferences"}}}`
	if got := string(payload); got != want {
		t.Errorf("payload = %s\nwant %s", got, want)
	}
}

func TestAWelcomeNamesAppsAndCountsOutages(t *testing.T) {
	app := func(name string) models.Follow {
		return models.Follow{Topic: models.Topic{Kind: models.AppTopic}, Name: name}
	}
	outage := func(headline string) models.Follow {
		return models.Follow{Topic: models.Topic{Kind: models.OutageTopic}, Name: headline}
	}
	muted := outage("Old news")
	muted.Muted = models.MutedForGood
	for want, follows := range map[string][]models.Follow{
		"This is how it will look.":                                              {muted},
		"Following Messenger. This is how it will look.":                         {app("Messenger"), muted},
		"Following Messenger and 1 outage. This is how it will look.":            {app("Messenger"), outage("Messages are down")},
		"Following “Messages are down”. This is how it will look.":               {outage("Messages are down")},
		"Following 2 outages. This is how it will look.":                         {outage("A"), outage("B")},
		"Following A, B, C and 2 outages. This is how it will look.":             {app("A"), outage("X"), app("B"), outage("Y"), app("C")},
		"Following A, B and 3 other apps. This is how it will look.":             {app("A"), app("B"), app("C"), app("D"), app("E")},
		"Following A, B, 2 other apps and 1 outage. This is how it will look.":   {app("A"), app("B"), app("C"), app("D"), outage("X")},
		"Following “" + strings.Repeat("a", 202) + "… This is how it will look.": {outage(strings.Repeat("a", 300))},
	} {
		if got := welcome(follows); got != want {
			t.Errorf("welcome = %q; want %q", got, want)
		}
	}
}

func TestADraftLooksLikeItsAlertUnderATagOfItsOwnAndCountsNothing(t *testing.T) {
	o := models.Notifications{BaseURL: "https://news.example", Lang: "en"}
	shown := o.OfDraft(models.Outage{Slug: "messages-down"}, models.Draft{Kind: models.OrdinaryUpdate, Headline: " Messages fail ", Body: "For **everybody**."})
	content, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := noticeMessage(o, models.Notice{ID: 7, Kind: models.DraftNotice, Content: string(content)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"web_push":8030`, `"title":"Messages fail"`, `"body":"For everybody."`, `"navigate":"https://news.example/outages/messages-down"`,
		`"tag":"draft/outage/messages-down"`, `"data":{"notice":7,"kind":"draft","url":"https://news.example/outages/messages-down"}`, `"title":"Mute this outage"`,
	} {
		if !strings.Contains(string(payload), part) {
			t.Errorf("%s lacks %s", payload, part)
		}
	}
	if strings.Contains(string(payload), "/go/") || strings.Contains(string(payload), "receipt") {
		t.Errorf("%s counts a click or carries a receipt", payload)
	}
}
