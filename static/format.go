package static

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// functions are the template functions that do not depend on the site.
var functions = template.FuncMap{
	"machine":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"moment":    func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") },
	"clock":     func(t time.Time) string { return t.UTC().Format("15:04 UTC") },
	"second":    func(t time.Time) string { return t.UTC().Format("15:04:05 UTC") },
	"day":       func(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006") },
	"date":      func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
	"duration":  duration,
	"count":     count,
	"readers":   readers,
	"followers": followers,
	"browsers":  editorsBrowsers,
	"state":     stateWord,
	"names":     names,
	"found":     found,
}

// duration formats a duration to the minute, as in "4 h 11 min".
func duration(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	days, hours, minutes := minutes/(24*60), minutes/60%24, minutes%60
	var parts []string
	if days > 0 {
		parts = append(parts, fmt.Sprintf("%d d", days))
	}
	if hours > 0 {
		parts = append(parts, fmt.Sprintf("%d h", hours))
	}
	if minutes > 0 && days == 0 {
		parts = append(parts, fmt.Sprintf("%d min", minutes))
	}
	if len(parts) == 0 {
		return "less than a minute"
	}
	return strings.Join(parts, " ")
}

// count writes 1204 as "1,204".
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// followers writes a number of followers.
func followers(n int) string {
	if n == 1 {
		return "1 follower"
	}
	return count(n) + " followers"
}

// editorsBrowsers writes how many browsers get a drill.
func editorsBrowsers(n int) string {
	if n == 1 {
		return "1 editor’s browser"
	}
	return count(n) + " editors’ browsers"
}

func readers(n int) string {
	if n == 1 {
		return "1 reader"
	}
	return count(n) + " readers"
}

// stateWord returns the word that readers see for an app's state.
func stateWord(state string) string {
	switch state {
	case "up":
		return "Up"
	case "failing":
		return "Failing"
	case "recovering":
		return "Recovering"
	case "retired":
		return "Not covered any more"
	default:
		return state
	}
}

func found(outages []Outage) string {
	if len(outages) == 1 {
		return "1 outage"
	}
	return count(len(outages)) + " outages"
}

// names joins apps as "Messenger, Instagram and Facebook".
func names(apps []App) string {
	var words []string
	for _, app := range apps {
		words = append(words, app.Name)
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
