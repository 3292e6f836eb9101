//go:build e2e

package e2e

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/require"
)

// protected are the routes for which one must be signed in. The three that write are for administrators only. Each
// would succeed if its caller were let in: /users/me shows somebody, POST creates, the others have an existing product.
func protected(victim product) []request {
	path := api("/products/") + victim.ID
	return []request{
		{method: "GET", path: api("/users/me")},
		{method: "POST", path: api("/products"), body: newDraft()},
		{method: "PUT", path: path, header: match(victim.etag()), body: newDraft("name", "Changed")},
		{method: "DELETE", path: path, header: match(victim.etag())},
	}
}

// jwt is a token that can be taken apart and put together again.
type jwt struct {
	header, claims map[string]any
	signature      string
}

func parseJWT(t *testing.T, token string) jwt {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	j := jwt{signature: parts[2]}
	for i, into := range []*map[string]any{&j.header, &j.claims} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, into))
	}
	return j
}

func (j jwt) unsigned() string {
	part := func(m map[string]any) string {
		data, _ := json.Marshal(m) // came from JSON
		return base64.RawURLEncoding.EncodeToString(data)
	}
	return part(j.header) + "." + part(j.claims)
}

func (j jwt) String() string { return j.unsigned() + "." + j.signature }

// signed signs with RS256.
func (j jwt) signed(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	sum := sha256.Sum256([]byte(j.unsigned()))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	return j.unsigned() + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// poolKey is the public key with which a token's signature is checked.
func poolKey(t *testing.T, kid any) (public *rsa.PublicKey, jwk map[string]any) {
	t.Helper()
	res, err := http.Get(shop.emulatorURL + "/" + shop.config.UserPoolID + "/.well-known/jwks.json")
	require.NoError(t, err)
	defer res.Body.Close()
	var set struct{ Keys []map[string]any }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&set))
	for _, key := range set.Keys {
		if key["kid"] == kid {
			n, err := base64.RawURLEncoding.DecodeString(key["n"].(string))
			require.NoError(t, err)
			return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}, key
		}
	}
	require.Fail(t, "the user pool publishes no key for the tokens it signs", "%v in %v", kid, set.Keys)
	return nil, nil
}

// forgeries are Authorization headers by which somebody tries to pass as the administrator.
func forgeries(t *testing.T) map[string]string {
	t.Helper()
	admin, customer := adminToken(t), customerToken(t)
	header := func(key string, value any) jwt {
		j := parseJWT(t, admin)
		j.header[key] = value
		return j
	}
	asAdmin := func(mutate func(claims map[string]any)) string {
		j := parseJWT(t, customer)
		j.claims["cognito:groups"] = []string{"admin"}
		if mutate != nil {
			mutate(j.claims)
		}
		return j.String()
	}
	attacker, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, jwk := poolKey(t, parseJWT(t, admin).header["kid"])
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)

	out := map[string]string{
		"scheme only":                       "Bearer ",
		"no token":                          "Bearer null",
		"text":                              "Bearer text",
		"dots":                              "Bearer ..",
		"other scheme":                      "Basic " + base64.StdEncoding.EncodeToString([]byte(shop.admin.email+":"+shop.admin.password)),
		"broken base64":                     "Bearer !!!.???.***",
		"JSON that is none":                 "Bearer e30.W10.e30",
		"cut off":                           "Bearer " + admin[:len(admin)-30],
		"without signature":                 "Bearer " + parseJWT(t, admin).unsigned() + ".",
		"two parts":                         "Bearer " + parseJWT(t, admin).unsigned(),
		"customer made administrator":       "Bearer " + asAdmin(nil),
		"signature of another token":        "Bearer " + parseJWT(t, admin).unsigned() + "." + parseJWT(t, customer).signature,
		"two tokens":                        "Bearer " + customer + ", Bearer " + asAdmin(nil),
		"somebody else":                     "Bearer " + asAdmin(func(c map[string]any) { c["sub"] = "1" }),
		"longer validity":                   "Bearer " + asAdmin(func(c map[string]any) { c["exp"] = time.Now().Add(1000 * time.Hour).Unix() }),
		"own key, the pool's key id":        "Bearer " + parseJWT(t, admin).signed(t, attacker),
		"own key, id of no key":             "Bearer " + header("kid", "../../../../dev/null").signed(t, attacker),
		"own key in the header":             "Bearer " + header("jwk", map[string]any{"kty": "RSA", "kid": jwk["kid"], "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(attacker.N.Bytes())}).signed(t, attacker),
		"address of own keys in the header": "Bearer " + header("jku", shop.emulatorURL+"/keys.json").signed(t, attacker),
	}
	// One bit of the signature.
	signature, err := base64.RawURLEncoding.DecodeString(parseJWT(t, admin).signature)
	require.NoError(t, err)
	signature[len(signature)/2] ^= 1
	out["tampered signature"] = "Bearer " + parseJWT(t, admin).unsigned() + "." + base64.RawURLEncoding.EncodeToString(signature)
	for _, alg := range []string{"none", "None", "NONE", ""} {
		out["algorithm "+alg] = "Bearer " + header("alg", alg).unsigned() + "."
		out["algorithm "+alg+" with the signature"] = "Bearer " + header("alg", alg).String()
	}
	// HS256 with the public key as the secret, which a verifier that believes the header takes for good.
	for name, secret := range map[string][]byte{
		"DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "modulus": []byte(jwk["n"].(string)), "nothing": {},
	} {
		j := header("alg", "HS256")
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(j.unsigned()))
		out["HMAC with "+name] = "Bearer " + j.unsigned() + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	out["token of another user pool"] = "Bearer " + tokenOfAnotherPool(t)
	out["token of another client"] = "Bearer " + tokenOfAnotherClient(t)
	return out
}

// tokenOfAnotherPool is a real token of a real user in a group admin, only not of the shop's user pool.
func tokenOfAnotherPool(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	pool, err := shop.accounts.CreateUserPool(ctx, &cognito.CreateUserPoolInput{PoolName: &run})
	require.NoError(t, err)
	id := pool.UserPool.Id
	defer func() {
		_, err := shop.accounts.DeleteUserPool(ctx, &cognito.DeleteUserPoolInput{UserPoolId: id})
		require.NoError(t, err)
	}()
	client, err := shop.accounts.CreateUserPoolClient(ctx, &cognito.CreateUserPoolClientInput{
		UserPoolId: id, ClientName: &run, ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowUserPasswordAuth},
	})
	require.NoError(t, err)
	a := account{"mallory", "Passw0rd-of-mallory"}
	_, err = shop.accounts.AdminCreateUser(ctx, &cognito.AdminCreateUserInput{UserPoolId: id, Username: &a.email, MessageAction: types.MessageActionTypeSuppress})
	require.NoError(t, err)
	_, err = shop.accounts.AdminSetUserPassword(ctx, &cognito.AdminSetUserPasswordInput{UserPoolId: id, Username: &a.email, Password: &a.password, Permanent: true})
	require.NoError(t, err)
	_, err = shop.accounts.CreateGroup(ctx, &cognito.CreateGroupInput{UserPoolId: id, GroupName: aws.String("admin")})
	require.NoError(t, err)
	_, err = shop.accounts.AdminAddUserToGroup(ctx, &cognito.AdminAddUserToGroupInput{UserPoolId: id, Username: &a.email, GroupName: aws.String("admin")})
	require.NoError(t, err)
	return aws.ToString(signIn(t, aws.ToString(client.UserPoolClient.ClientId), a).AccessToken)
}

// tokenOfAnotherClient is a token that the administrator got for another application than the storefront.
func tokenOfAnotherClient(t *testing.T) string {
	t.Helper()
	ctx, pool := t.Context(), &shop.config.UserPoolID
	client, err := shop.accounts.CreateUserPoolClient(ctx, &cognito.CreateUserPoolClientInput{
		UserPoolId: pool, ClientName: &run, ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowUserPasswordAuth},
	})
	require.NoError(t, err)
	id := client.UserPoolClient.ClientId
	defer func() {
		_, err := shop.accounts.DeleteUserPoolClient(ctx, &cognito.DeleteUserPoolClientInput{UserPoolId: pool, ClientId: id})
		require.NoError(t, err)
	}()
	return aws.ToString(signIn(t, *id, shop.admin).AccessToken)
}

func TestAuth_NobodyPassesWithoutAValidToken(t *testing.T) {
	victim := create(t, newDraft())
	requireNothingWritten(t)
	headers := forgeries(t)
	headers["nothing"] = ""
	for name, value := range headers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range protected(victim) {
				if value != "" {
					r = r.with("Authorization", value)
				}
				requireGatewayRefusal(t, send(t, r), http.StatusUnauthorized)
			}
		})
	}
	t.Run("good and forged token", func(t *testing.T) {
		t.Parallel()
		forged := headers["customer made administrator"]
		for _, values := range [][]string{{"Bearer " + customerToken(t), forged}, {forged, "Bearer " + customerToken(t)}} {
			for _, r := range protected(victim)[1:] {
				a := send(t, r.with("Authorization", values...))
				require.Contains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, a.status, a.body)
				requireNoLeak(t, a)
			}
		}
	})
	// An ID token tells the application who its user is, and is none to act by, not even an administrator's.
	t.Run("ID token", func(t *testing.T) {
		t.Parallel()
		token := aws.ToString(signIn(t, shop.config.UserPoolClientID, shop.admin).IdToken)
		for _, r := range protected(victim) {
			r.token = token
			requireGatewayRefusal(t, send(t, r), http.StatusForbidden)
		}
	})
	// AWS encrypts refresh tokens. An emulator may sign them like others, and let a function refuse them.
	t.Run("refresh token", func(t *testing.T) {
		t.Parallel()
		token := aws.ToString(signIn(t, shop.config.UserPoolClientID, shop.admin).RefreshToken)
		for _, r := range protected(victim) {
			r.token = token
			a := send(t, r)
			require.Contains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, a.status, a.body)
			requireNoLeak(t, a)
		}
	})
	t.Run("token elsewhere", func(t *testing.T) {
		t.Parallel()
		for _, r := range protected(victim) {
			r = r.with("Cookie", "Authorization="+adminToken(t)).with("X-Amzn-Remapped-Authorization", "Bearer "+adminToken(t))
			r.path += "?Authorization=" + adminToken(t) + "&access_token=" + adminToken(t)
			requireGatewayRefusal(t, send(t, r), http.StatusUnauthorized)
		}
	})
}

// Who is not in the group admin cannot write, whatever is sent: the group is looked at before anything else, so that
// the answer tells nothing about products or fields either.
func TestAuth_OnlyAdministratorsWrite(t *testing.T) {
	victim := create(t, newDraft())
	requireNothingWritten(t)
	tokens := map[string]string{
		"customer": customerToken(t), "no group": tokenOf(t, newAccount(t)),
	}
	for _, who := range slices.Sorted(maps.Keys(tokens)) {
		t.Run(label(who), func(t *testing.T) {
			t.Parallel()
			token := tokens[who]
			for _, r := range protected(victim)[1:] {
				for _, body := range []any{r.body, "{", newDraft().with("priceCents", -1), strings.Repeat(" ", 100_000)} {
					r.token, r.body = token, body
					require.Empty(t, requireProblem(t, send(t, r), http.StatusForbidden).Errors)
				}
			}
			for _, method := range []string{"PUT", "DELETE"} {
				for _, path := range []string{"/products/" + newID(), "/products/NOT%20an%20id"} {
					requireProblem(t, send(t, request{method: method, path: api(path), token: token, body: newDraft()}), http.StatusForbidden)
				}
			}
		})
	}
}

// A token with a valid signature stops working when its time is over.
func TestAuth_ExpiredToken(t *testing.T) {
	const lifetime = 3 * time.Second
	token, ends := shortLivedToken(t, lifetime), time.Now().Add(lifetime)
	victim := create(t, newDraft())
	require.Equal(t, http.StatusOK, send(t, request{path: api("/users/me"), token: token}).status, "the token must be good as long as it lives")
	t.Parallel() // from here on, while others work
	time.Sleep(time.Until(ends.Add(time.Second)))
	for _, r := range protected(victim) {
		r.token = token
		requireGatewayRefusal(t, send(t, r), http.StatusUnauthorized)
	}
	require.Equal(t, victim, decode[product](t, get(t, api("/products/")+victim.ID), http.StatusOK))
}

// shortLivedToken returns an administrator's token that ends soon. The storefront's client is given the short lifetime
// for the moment of the sign-in: no other client's tokens are accepted, and nobody but the pool can sign one.
func shortLivedToken(t *testing.T, lifetime time.Duration) string {
	t.Helper()
	out, err := shop.accounts.DescribeUserPoolClient(t.Context(), &cognito.DescribeUserPoolClientInput{
		UserPoolId: &shop.config.UserPoolID, ClientId: &shop.config.UserPoolClientID,
	})
	require.NoError(t, err)
	c := out.UserPoolClient
	update := func(seconds int32) {
		usual := cognito.UpdateUserPoolClientInput{ // what is not given is reset
			UserPoolId: c.UserPoolId, ClientId: c.ClientId, ClientName: c.ClientName,
			AccessTokenValidity: c.AccessTokenValidity, IdTokenValidity: c.IdTokenValidity, RefreshTokenValidity: c.RefreshTokenValidity,
			TokenValidityUnits: c.TokenValidityUnits, AllowedOAuthFlows: c.AllowedOAuthFlows,
			AllowedOAuthFlowsUserPoolClient: aws.ToBool(c.AllowedOAuthFlowsUserPoolClient), AllowedOAuthScopes: c.AllowedOAuthScopes,
			AnalyticsConfiguration: c.AnalyticsConfiguration, AuthSessionValidity: c.AuthSessionValidity, CallbackURLs: c.CallbackURLs,
			DefaultRedirectURI: c.DefaultRedirectURI, EnablePropagateAdditionalUserContextData: c.EnablePropagateAdditionalUserContextData,
			EnableTokenRevocation: c.EnableTokenRevocation, ExplicitAuthFlows: c.ExplicitAuthFlows, LogoutURLs: c.LogoutURLs,
			PreventUserExistenceErrors: c.PreventUserExistenceErrors, ReadAttributes: c.ReadAttributes,
			RefreshTokenRotation: c.RefreshTokenRotation, SupportedIdentityProviders: c.SupportedIdentityProviders, WriteAttributes: c.WriteAttributes,
		}
		if seconds > 0 {
			units := *c.TokenValidityUnits
			units.AccessToken = types.TimeUnitsTypeSeconds
			usual.AccessTokenValidity, usual.TokenValidityUnits = &seconds, &units
		}
		_, err := shop.accounts.UpdateUserPoolClient(context.Background(), &usual)
		require.NoError(t, err)
	}
	defer update(0)
	update(int32(lifetime.Seconds()))
	return aws.ToString(signIn(t, shop.config.UserPoolClientID, shop.admin).AccessToken)
}
