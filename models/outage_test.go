package models_test

import (
	"slices"
	"strings"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestASearchFindsOutagesByTheirWordsAndApps(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger", "instagram")
		db.App("whatsapp")
		_, err := db.CreateOutage(t.Context(), models.NewOutage{Slug: "calls", Headline: "calls-100% is down", Apps: []string{"whatsapp"}, Actor: "test"})
		if err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string][]string{
			"MESSAGES":                {"messages-down"},
			"insta":                   {"messages-down"},
			"down is":                 {"calls-100%", "messages-down"},
			"down messenger":          {"messages-down"},
			"whatsapp messenger":      nil,
			"0%":                      {"calls-100%"},
			"%":                       {"calls-100%"},
			"_":                       nil,
			`\`:                       nil,
			"' OR 1=1 --":             nil,
			"":                        nil,
			"  \t ":                   nil,
			strings.Repeat("is ", 50): {"calls-100%", "messages-down"},
		} {
			outages, err := db.SearchOutages(t.Context(), query, 10)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, outage := range outages {
				got = append(got, strings.TrimSuffix(outage.Headline, " is down"))
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("%q finds %v; want %v", query, got, want)
			}
		}
	})
}
