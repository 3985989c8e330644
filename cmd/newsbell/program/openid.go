package program

import (
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"newsbell/handlers/openid"
	"newsbell/models"
)

// OpenIDSettings are the settings of the identity provider.
type OpenIDSettings struct {
	OpenIDIssuer           string `name:"openid-issuer" help:"URL of the identity provider that signs editors in (OpenID Connect)." placeholder:"URL"`
	OpenIDClientID         string `name:"openid-client-id" help:"Client ID of Newsbell at the identity provider." placeholder:"ID"`
	OpenIDClientSecret     string `name:"openid-client-secret" help:"Its client secret; better in the environment or a file." placeholder:"SECRET"`
	OpenIDClientSecretFile string `name:"openid-client-secret-file" help:"File with the client secret." placeholder:"FILE"`
	OpenIDRoleClaim        string `name:"openid-role-claim" help:"Claim of the ID token that gives roles: a text or a list." default:"roles"`
	OpenIDRole             List   `name:"openid-role" help:"What a value of the claim means, such as chief=news-chiefs." placeholder:"ROLE=VALUE"`
	OpenIDScope            List   `name:"openid-scope" help:"Another scope to request, such as groups." placeholder:"SCOPE"`
	OpenIDLabel            string `name:"openid-label" help:"Text of the button to sign in." default:"Sign in with your organisation"`
}

// parse parses the settings. Without an issuer there is no identity provider.
func (s OpenIDSettings) parse(p *Problems) openid.Settings {
	if s.OpenIDIssuer == "" {
		s.needIssuer(p)
		return openid.Settings{}
	}
	if u, err := url.Parse(s.OpenIDIssuer); err != nil || u.Host == "" || !(u.Scheme == "https" || u.Scheme == "http" && isLocal(u.Hostname())) {
		p.Add("openid-issuer", "must be a URL that begins with https, such as https://login.news.example, not %q", s.OpenIDIssuer)
	}
	if s.OpenIDClientID == "" {
		p.Add("openid-client-id", "is required with --openid-issuer")
	}
	if s.OpenIDRoleClaim == "" || strings.TrimSpace(s.OpenIDLabel) == "" {
		p.Add("openid-role-claim", "and --openid-label must not be empty")
	}
	return openid.Settings{
		Issuer: s.OpenIDIssuer, ClientID: s.OpenIDClientID, ClientSecret: s.secret(p), RoleClaim: s.OpenIDRoleClaim,
		Roles: s.roles(p), Scopes: s.OpenIDScope, Label: s.OpenIDLabel,
	}
}

func (s OpenIDSettings) needIssuer(p *Problems) {
	for _, setting := range []struct {
		flag  string
		isSet bool
	}{
		{"openid-client-id", s.OpenIDClientID != ""}, {"openid-client-secret", s.OpenIDClientSecret != ""},
		{"openid-client-secret-file", s.OpenIDClientSecretFile != ""}, {"openid-role", len(s.OpenIDRole) > 0},
	} {
		if setting.isSet {
			p.Add(setting.flag, "needs --openid-issuer")
		}
	}
}

func (s OpenIDSettings) secret(p *Problems) string {
	if s.OpenIDClientSecretFile == "" {
		if s.OpenIDClientSecret == "" {
			p.Add("openid-client-secret", "is required with --openid-issuer, or --openid-client-secret-file")
		}
		return s.OpenIDClientSecret
	}
	if s.OpenIDClientSecret != "" {
		p.Add("openid-client-secret-file", "excludes --openid-client-secret")
	}
	text, err := os.ReadFile(kong.ExpandPath(s.OpenIDClientSecretFile))
	secret := strings.TrimSpace(string(text))
	if err != nil || secret == "" {
		p.Add("openid-client-secret-file", "must be a file with the secret, not %s", s.OpenIDClientSecretFile)
	}
	return secret
}

func (s OpenIDSettings) roles(p *Problems) map[string]models.Role {
	roles := map[string]models.Role{}
	for _, mapping := range s.OpenIDRole {
		role, value, _ := strings.Cut(mapping, "=")
		if _, isTwice := roles[value]; isTwice || value == "" || !slices.Contains(models.Roles, models.Role(role)) {
			p.Add("openid-role", "must be viewer, editor or chief, =, and a value of the claim that means no other role, not %q", mapping)
		}
		roles[value] = models.Role(role)
	}
	if len(roles) == 0 {
		p.Add("openid-role", "is required with --openid-issuer: without it, nobody has a role")
	}
	return roles
}

func isLocal(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }
