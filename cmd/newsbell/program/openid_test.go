package program

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"newsbell/models"
)

func TestAllProblemsOfTheIdentityProviderAreReportedAtOnce(t *testing.T) {
	s := DefaultSettings()
	s.OpenIDIssuer, s.OpenIDRole = "http://login.news.example", List{"owner=all"}
	_, err := s.Check()
	for _, flag := range []string{"--openid-issuer", "--openid-client-id", "--openid-client-secret", "--openid-role"} {
		if err == nil || !strings.Contains(err.Error(), flag+": ") {
			t.Errorf("no problem with %s: %v", flag, err)
		}
	}
	s = DefaultSettings()
	s.OpenIDClientID = "newsbell"
	if _, err := s.Check(); err == nil || !strings.Contains(err.Error(), "--openid-client-id: needs --openid-issuer") {
		t.Errorf("without an issuer: %v", err)
	}
}

func TestTheClientSecretComesFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := DefaultSettings()
	s.OpenIDIssuer, s.OpenIDClientID, s.OpenIDClientSecretFile = "https://login.news.example", "newsbell", file
	s.OpenIDRole = List{"chief=news chiefs", "editor=news"}
	c, err := s.Check()
	if err != nil || c.openID.ClientSecret != "s3cret" || c.openID.Roles["news chiefs"] != models.RoleChief || c.openID.RoleClaim != "roles" {
		t.Errorf("settings = %+v, %v", c.openID, err)
	}
}
