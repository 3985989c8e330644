// Package openid signs people in at the newsroom's identity provider with OpenID Connect:
// the authorization code flow with PKCE, state and nonce. It stores nothing.
package openid

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"newsbell/models"
	"newsbell/models/secrets"
)

var (
	// ErrUnreachable says that the provider does not answer.
	ErrUnreachable = errors.New("the identity provider does not answer")
	// ErrRefused says that an answer of the provider proves nothing, or that the provider
	// has refused the person.
	ErrRefused = errors.New("the sign-in is refused")
	// ErrNoRole says that the role claim has no value that means a role.
	ErrNoRole = errors.New("the identity provider gives no role")
)

// timeout bounds each request to the provider.
const timeout = 10 * time.Second

// Settings say which provider signs people in, and what their roles are.
type Settings struct {
	// Issuer is the provider's URL; empty for none.
	Issuer, ClientID, ClientSecret string
	// RoleClaim is the claim of the ID token, a text or a list, with a person's roles, and
	// Roles are what its values mean.
	RoleClaim string
	Roles     map[string]models.Role
	// Scopes are requested beside openid, profile and email.
	Scopes []string
	// Label is the text of the button.
	Label string
}

// Provider is an identity provider. It is discovered when it is first needed, so that a
// server starts without it.
type Provider struct {
	settings Settings
	callback string
	client   *http.Client

	discovering singleflight.Group
	discovered  atomic.Pointer[oidc.Provider] // nil until then
}

// New returns the provider of the settings, which sends people back to the URL callback;
// nil if there is none.
func New(s Settings, callback string) *Provider {
	if s.Issuer == "" {
		return nil
	}
	return &Provider{settings: s, callback: callback, client: &http.Client{Timeout: timeout}}
}

// Label is the text of the button.
func (p *Provider) Label() string { return p.settings.Label }

// state is what the provider's answer must match.
type state struct{ State, Nonce, Verifier string }

// Begun is a sign-in for which somebody goes to the provider.
type Begun struct {
	// Address is the provider's.
	Address string
	// State is random; the answer repeats it.
	State string
	// Data is what Finish needs.
	Data []byte
}

// Begin begins a sign-in. It returns [ErrUnreachable] if the provider does not answer.
func (p *Provider) Begin(ctx context.Context) (Begun, error) {
	config, _, err := p.config(ctx)
	if err != nil {
		return Begun{}, err
	}
	var s state
	s.State, _ = secrets.New()
	s.Nonce, _ = secrets.New()
	s.Verifier = oauth2.GenerateVerifier()
	data, err := json.Marshal(s)
	return Begun{config.AuthCodeURL(s.State, oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier)), s.State, data}, err
}

// Finish checks the provider's answer, and returns who it says has signed in. It returns
// [ErrRefused], [ErrNoRole] or [ErrUnreachable] if nobody has.
func (p *Provider) Finish(ctx context.Context, data []byte, gotState, code string) (models.Identity, error) {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return models.Identity{}, err
	}
	if subtle.ConstantTimeCompare([]byte(s.State), []byte(gotState)) != 1 {
		return models.Identity{}, fmt.Errorf("%w: the state is wrong", ErrRefused)
	}
	token, err := p.exchange(ctx, code, s)
	if err != nil {
		return models.Identity{}, err
	}
	return p.identity(token)
}

// exchange gets the ID token for a code, and checks its signature, issuer, audience, time
// and nonce.
func (p *Provider) exchange(ctx context.Context, code string, s state) (*oidc.IDToken, error) {
	config, provider, err := p.config(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := config.Exchange(oidc.ClientContext(ctx, p.client), code, oauth2.VerifierOption(s.Verifier))
	if _, isAnswer := errors.AsType[*oauth2.RetrieveError](err); err != nil && !isAnswer {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := provider.Verifier(&oidc.Config{ClientID: p.settings.ClientID}).Verify(ctx, raw)
	if _, isNetwork := errors.AsType[*url.Error](err); isNetwork { // its keys could not be fetched
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(s.Nonce)) != 1 {
		return nil, fmt.Errorf("%w: the nonce is wrong", ErrRefused)
	}
	return token, nil
}

// identity reads the claims. An address that is said to be unverified does not count; a
// provider that leaves email_verified out checks the addresses of its people itself.
func (p *Provider) identity(token *oidc.IDToken) (models.Identity, error) {
	var all map[string]any
	if err := token.Claims(&all); err != nil {
		return models.Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	role := p.role(all[p.settings.RoleClaim])
	if role == "" {
		return models.Identity{}, ErrNoRole
	}
	email, _ := all["email"].(string)
	if verified, isThere := all["email_verified"]; isThere && verified != true {
		email = ""
	}
	name, _ := all["name"].(string)
	if name == "" {
		name, _ = all["preferred_username"].(string)
	}
	return models.Identity{Issuer: token.Issuer, Subject: token.Subject, Name: name, Email: email, Role: role}, nil
}

// role returns the role with the most rights that a claim's values mean; empty if there is
// none.
func (p *Provider) role(claim any) (best models.Role) {
	values, isList := claim.([]any)
	if !isList {
		values = []any{claim}
	}
	for _, v := range values {
		value, _ := v.(string)
		if role, isKnown := p.settings.Roles[value]; isKnown && (best == "" || role.Includes(best)) {
			best = role
		}
	}
	return best
}

// config describes this server to the provider, which it discovers.
func (p *Provider) config(ctx context.Context) (*oauth2.Config, *oidc.Provider, error) {
	discovered, err := p.discover(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return &oauth2.Config{
		ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, RedirectURL: p.callback,
		Endpoint: discovered.Endpoint(), Scopes: append([]string{oidc.ScopeOpenID, "profile", "email"}, p.settings.Scopes...),
	}, discovered, nil
}

// discover asks the provider for its endpoints until it has answered once. Those who need
// it meanwhile share one request.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	if known := p.discovered.Load(); known != nil {
		return known, nil
	}
	// The provider keeps its context to fetch new keys later: not the request's.
	lasting := oidc.ClientContext(context.WithoutCancel(ctx), p.client)
	result := p.discovering.DoChan("", func() (any, error) {
		discovered, err := oidc.NewProvider(lasting, p.settings.Issuer)
		if err == nil {
			p.discovered.Store(discovered)
		}
		return discovered, err
	})
	select {
	case r := <-result:
		return r.Val.(*oidc.Provider), r.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
