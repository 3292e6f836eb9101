//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/contract"
)

// shop is the shop under test.
var shop *runningShop

// runningShop is where the shop answers, and the clients that look at it from behind.
type runningShop struct {
	url, emulatorURL string
	config           storefrontConfig
	client           *http.Client
	accounts         *cognito.Client
	products         *dynamodb.Client
	table, stock     string
	customer, admin  account
	contract         *contract.Contract
}

// account is who can sign in.
type account struct{ email, password string }

// storefrontConfig is what the shop tells its storefront in /config.json.
type storefrontConfig struct {
	UserPoolID       string `json:"userPoolId"`
	UserPoolClientID string `json:"userPoolClientId"`
	APIURL           string `json:"apiUrl"`
}

// run marks what this run creates; e2ePrefix begins every such mark.
var run = e2ePrefix + strconv.FormatInt(time.Now().UnixMilli(), 36)

const e2ePrefix = "e2e-"

func TestMain(m *testing.M) {
	code, err := setUp(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// setUp finds the shop, runs the tests and tidies up.
func setUp(m *testing.M) (code int, err error) {
	ctx := context.Background()
	shop = &runningShop{
		url:         strings.TrimRight(cmp.Or(os.Getenv("SHOP_URL"), "http://localhost:"+cmp.Or(os.Getenv("SHOP_PORT"), "8080")), "/"),
		emulatorURL: cmp.Or(os.Getenv("SHOP_EMULATOR_URL"), "http://127.0.0.1:"+cmp.Or(os.Getenv("SHOP_EMULATOR_PORT"), "4566")),
		client: &http.Client{
			Timeout:       30 * time.Second,
			Transport:     &http.Transport{MaxIdleConnsPerHost: 16, MaxConnsPerHost: 16},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		customer: account{cmp.Or(os.Getenv("SHOP_CUSTOMER"), "demo@nordlicht.example"), cmp.Or(os.Getenv("SHOP_CUSTOMER_PASSWORD"), "Demo-Shop-2026")},
		admin:    account{cmp.Or(os.Getenv("SHOP_ADMIN"), "admin@nordlicht.example"), cmp.Or(os.Getenv("SHOP_ADMIN_PASSWORD"), "Admin-Shop-2026")},
	}
	if shop.contract, err = contract.New(); err != nil {
		return 1, err
	}
	if err := shop.connect(ctx); err != nil {
		return 1, err
	}
	if err := shop.sweep(ctx, 15*time.Minute); err != nil {
		return 1, err
	}
	flag.Parse()
	if !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.HasPrefix(arg, "-test.parallel") }) {
		// The tests mostly wait for the shop, which answers many at once.
		if err := flag.Set("test.parallel", "8"); err != nil {
			return 1, err
		}
	}
	shop.forget()
	code = m.Run()
	closeBrowser()
	err = shop.sweep(ctx, 0)
	shop.forget()
	if err != nil {
		code = max(code, 1)
	}
	return code, err
}

// connect reads the shop's configuration and finds its table.
func (s *runningShop) connect(ctx context.Context) error {
	res, err := s.client.Get(s.url + "/config.json")
	if err != nil {
		return fmt.Errorf("no shop at %s: start it with make up", s.url)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("no shop at %s: it answers %s for /config.json; start the shop with make up", s.url, res.Status)
	}
	if err := json.NewDecoder(res.Body).Decode(&s.config); err != nil || s.config.UserPoolClientID == "" {
		return fmt.Errorf("no shop at %s: its /config.json names no user pool; start the shop with make up", s.url)
	}
	config := s.aws("test", "test")
	s.accounts, s.products = cognito.NewFromConfig(config), dynamodb.NewFromConfig(config)
	tables, err := s.products.ListTables(ctx, &dynamodb.ListTablesInput{})
	if err != nil {
		return fmt.Errorf("no emulator at %s (SHOP_EMULATOR_URL): %w", s.emulatorURL, err)
	}
	for _, name := range tables.TableNames {
		if strings.HasPrefix(name, "products-") {
			if s.table != "" {
				return fmt.Errorf("the emulator at %s has several products tables (%s, %s): want a shop of its own; run make down, make up", s.emulatorURL, s.table, name)
			}
			s.table = name
		}
		if strings.HasPrefix(name, "stock-") {
			s.stock = name
		}
	}
	if s.table == "" {
		return fmt.Errorf("the emulator at %s (SHOP_EMULATOR_URL) has no products table: is it the one behind %s?", s.emulatorURL, s.url)
	}
	return nil
}

// forget empties the front door's cache, which would show removed products of the tests for five minutes more. It is a
// courtesy to whoever looks at the shop: no test depends on it.
func (s *runningShop) forget() {
	if res, err := s.client.Post(s.url+"/_local/reload", "", nil); err == nil {
		res.Body.Close()
	}
}

// aws is the configuration of AWS clients that use the emulator with these credentials; test/test is its root user.
func (s *runningShop) aws(key, secret string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &s.emulatorURL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, nil
		}),
	}
}

// stored is a product as the table holds it.
type stored struct{ category, version, created, updated, name string }

// catalog reads the whole table, past every cache, index and function. Products of other runs of these tests are left
// out, so that runs do not disturb each other.
func (s *runningShop) catalog(ctx context.Context) (map[string]stored, error) {
	products := map[string]stored{}
	pages := dynamodb.NewScanPaginator(s.products, &dynamodb.ScanInput{TableName: &s.table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading table %s: %w", s.table, err)
		}
		for _, item := range page.Items {
			p := stored{text(item["category"]), text(item["version"]), text(item["createdAt"]), text(item["updatedAt"]), text(item["name"])}
			products[text(item["productId"])] = p
		}
	}
	return products, nil
}

func text(value types.AttributeValue) string {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}

// catalogNow is the catalogue without what other runs of these tests are working on.
func catalogNow(t *testing.T) map[string]stored {
	t.Helper()
	products, err := shop.catalog(t.Context())
	require.NoError(t, err)
	for id, p := range products {
		if othersOwn(p.category) {
			delete(products, id)
		}
	}
	return products
}

// othersOwn tells whether a category is of another run of these tests.
func othersOwn(category string) bool {
	return strings.HasPrefix(category, e2ePrefix) && !strings.HasPrefix(category, run)
}

// requireNothingWritten compares the catalogue when the test is over with the catalogue now.
func requireNothingWritten(t *testing.T) {
	t.Helper()
	before := catalogNow(t)
	t.Cleanup(func() {
		after, err := shop.catalog(context.Background())
		require.NoError(t, err)
		for id, p := range after {
			if othersOwn(p.category) {
				continue
			}
			require.Equal(t, before[id], p, "product %s was written", id)
		}
		for id := range before {
			require.Contains(t, after, id, "product was deleted")
		}
	})
}

// sweep removes products and accounts of these tests: this run's own, and others' that are older than age.
func (s *runningShop) sweep(ctx context.Context, age time.Duration) error {
	products, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	for id, p := range products {
		if !s.swept(p.category, p.created, age) {
			continue
		}
		key := map[string]types.AttributeValue{"productId": &types.AttributeValueMemberS{Value: id}}
		if _, err := s.products.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.table, Key: key}); err != nil {
			return fmt.Errorf("removing product %s: %w", id, err)
		}
	}
	users, err := s.accounts.ListUsers(ctx, &cognito.ListUsersInput{UserPoolId: &s.config.UserPoolID, Filter: aws.String(`email ^= "` + e2ePrefix + `"`)})
	if err != nil {
		return fmt.Errorf("listing accounts: %w", err)
	}
	for _, u := range users.Users {
		email := ""
		for _, a := range u.Attributes {
			if aws.ToString(a.Name) == "email" {
				email = aws.ToString(a.Value)
			}
		}
		if !s.swept(email, aws.ToTime(u.UserCreateDate).Format(time.RFC3339), age) {
			continue
		}
		_, err := s.accounts.AdminDeleteUser(ctx, &cognito.AdminDeleteUserInput{UserPoolId: &s.config.UserPoolID, Username: u.Username})
		if err != nil && !errors.As(err, new(*cognitotypes.UserNotFoundException)) {
			return fmt.Errorf("removing account %s: %w", email, err)
		}
	}
	return nil
}

func (s *runningShop) swept(mark, created string, age time.Duration) bool {
	if !strings.HasPrefix(mark, e2ePrefix) {
		return false
	}
	at, err := time.Parse(time.RFC3339, created)
	return strings.HasPrefix(mark, run) || age > 0 && err == nil && time.Since(at) > age
}

// request is what a test sends. Its zero value is GET of the given path.
type request struct {
	method, path string
	token        string      // access token, sent as Bearer
	header       http.Header // further headers
	body         any         // text and bytes are sent as they are, anything else as JSON
}

// with returns the request with a header more, once for each value; without a value it is not sent at all.
func (r request) with(name string, values ...string) request {
	r.header = r.header.Clone()
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header[name] = values
	return r
}

// answer is what came back, the body read and uncompressed.
type answer struct {
	status int
	header http.Header
	body   string
}

// send asks the shop through its front door. It fails the test if no answer comes or if it is a 5xx: whatever is asked,
// the shop must not break.
func send(t *testing.T, r request) answer {
	t.Helper()
	a, err := ask(t.Context(), r)
	require.NoError(t, err, "%s %.200s", r.method, r.path)
	require.Less(t, a.status, 500, "%s %.200s: %.1000s", r.method, r.path, a.body)
	return a
}

// ask is send for other goroutines than a test's own. An answer that api/openapi.yaml does not promise is an error.
func ask(ctx context.Context, r request) (answer, error) {
	var body io.Reader
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	switch b := r.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(data)
	}
	if _, given := header["Content-Type"]; body != nil && !given {
		header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		header.Set("Authorization", "Bearer "+r.token)
	}
	q, err := http.NewRequestWithContext(ctx, cmp.Or(r.method, http.MethodGet), shop.url+r.path, body)
	if err != nil {
		return answer{}, err
	}
	q.Header = header
	res, err := shop.client.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	return answer{res.StatusCode, res.Header, string(data)}, promised(ctx, q.Method, r.path, res, data)
}

// promised says what an answer of the API has that api/openapi.yaml does not promise. What the front door or the gateway says of requests
// that are no HTTP to them, in plain text, is none of the API's answers; nor is what came compressed as it was asked for.
func promised(ctx context.Context, method, path string, res *http.Response, body []byte) error {
	after, isAPI := strings.CutPrefix(path, shop.config.APIURL)
	if !isAPI || res.Header.Get("Content-Encoding") != "" || strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
		return nil
	}
	return shop.contract.Answer(ctx, method, "/api"+after, res.StatusCode, res.Header, body)
}

// get asks for a path.
func get(t *testing.T, path string) answer {
	t.Helper()
	return send(t, request{path: path})
}

// api is the path of a route of the API.
func api(path string) string { return shop.config.APIURL + path }

// decode reads a JSON answer with a certain status.
func decode[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	var v T
	require.Equal(t, status, a.status, a.body)
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&v), a.body)
	return v
}

// problem is an error answer (RFC 9457).
type problem struct {
	Type, Title, Detail, CorrelationID string
	Status                             int
	Errors                             []fieldError
}

type fieldError struct{ Field, Message string }

func (p problem) fields() []string {
	var names []string
	for _, e := range p.Errors {
		names = append(names, e.Field)
	}
	return names
}

// requireProblem checks that the shop refused a request as it promises to: this status, problem+json with the
// correlation id of the header, and nothing about its inside.
func requireProblem(t *testing.T, a answer, status int) problem {
	t.Helper()
	require.Equal(t, status, a.status, "%.1000s", a.body)
	requireNoLeak(t, a)
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), "%.1000s", a.body)
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	var p problem
	require.NoError(t, json.Unmarshal([]byte(a.body), &p), a.body)
	require.Equal(t, "about:blank", p.Type)
	require.Equal(t, http.StatusText(status), p.Title)
	require.Equal(t, status, p.Status)
	require.NotEmpty(t, p.Detail)
	require.Regexp(t, `^[A-Za-z0-9._-]{1,64}$`, p.CorrelationID)
	require.Equal(t, a.header.Get("X-Correlation-Id"), p.CorrelationID)
	require.Less(t, len(a.body), 16<<10, "an error answer that repeats what was sent")
	if status == http.StatusBadRequest {
		require.NotEmpty(t, p.Errors, "a 400 says which fields are wrong: %s", a.body)
	}
	return p
}

// requireGatewayRefusal checks an answer that API Gateway gives itself, before any function: the status, and nothing
// but a short message.
func requireGatewayRefusal(t *testing.T, a answer, status int) {
	t.Helper()
	require.Equal(t, status, a.status, "%.1000s", a.body)
	requireNoLeak(t, a)
	require.Less(t, len(a.body), 300)
	if status == http.StatusUnauthorized {
		require.JSONEq(t, `{"message":"Unauthorized"}`, a.body)
	}
}

// inside are traces of what is behind the API and does not belong in an answer.
var inside = regexp.MustCompile(`(?i)dynamodb|arn:aws|goroutine|panic|runtime error|\.go:\d|Traceback|Exception|AccessDenied|` +
	`aws-sdk|smithy|us-east-1|127\.0\.0\.1|/lambdas?/|requestid|secret`)

func requireNoLeak(t *testing.T, a answer) {
	t.Helper()
	require.NotRegexp(t, inside, a.body)
	require.NotContains(t, a.body, shop.table)
	require.NotContains(t, a.body, shop.config.UserPoolID)
}

// product is a product as the API shows it.
type product struct {
	ID          string    `json:"productId"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Category    string    `json:"category"`
	PriceCents  int64     `json:"priceCents"`
	Currency    string    `json:"currency"`
	Stock       int64     `json:"stock"`
	Images      []string  `json:"images"`
	Version     int64     `json:"version"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

// page is a part of a list.
type page struct {
	Items      []product `json:"items"`
	NextCursor string    `json:"nextCursor"`
}

// draft is the body that describes a product; tests change what they are about.
type draft map[string]any

func newDraft(changes ...string) draft {
	d := draft{"name": "Test Mug", "description": "A mug.\nFor tests.", "category": run, "priceCents": 1950, "stock": 7, "images": []string{}}
	for i := 0; i+1 < len(changes); i += 2 {
		d[changes[i]] = changes[i+1]
	}
	return d
}

// without returns the draft without a field.
func (d draft) without(field string) draft { delete(d, field); return d }

// with returns the draft with a field of any type.
func (d draft) with(field string, value any) draft { d[field] = value; return d }

var lastID atomic.Int64

// newID returns a product id that only this test uses.
func newID() string { return fmt.Sprintf("%s-%d", run, lastID.Add(1)) }

// create makes a product as the administrator does.
func create(t *testing.T, d draft) product {
	t.Helper()
	a := send(t, request{method: "POST", path: api("/products"), token: adminToken(t), body: d})
	return decode[product](t, a, http.StatusCreated)
}

// etag is a product's entity tag.
func (p product) etag() string { return fmt.Sprintf(`"%d"`, p.Version) }

// match is the header of a change to one version.
func match(etag string) http.Header { return http.Header{"If-Match": {etag}} }

// ifNoneMatch is the header of a change that creates.
func ifNoneMatch() http.Header { return http.Header{"If-None-Match": {"*"}} }

// signIn returns the tokens of an account, as the storefront gets them.
func signIn(t *testing.T, clientID string, a account) *cognitotypes.AuthenticationResultType {
	t.Helper()
	out, err := shop.accounts.InitiateAuth(t.Context(), &cognito.InitiateAuthInput{
		AuthFlow: cognitotypes.AuthFlowTypeUserPasswordAuth, ClientId: &clientID,
		AuthParameters: map[string]string{"USERNAME": a.email, "PASSWORD": a.password},
	})
	require.NoError(t, err, "signing in %s", a.email)
	require.NotNil(t, out.AuthenticationResult, "signing in %s: Cognito asks for %s", a.email, out.ChallengeName)
	return out.AuthenticationResult
}

var tokens sync.Map // of the accounts that sign in once for all tests

func tokenOf(t *testing.T, a account) string {
	t.Helper()
	if token, ok := tokens.Load(a.email); ok {
		return token.(string)
	}
	token := aws.ToString(signIn(t, shop.config.UserPoolClientID, a).AccessToken)
	tokens.Store(a.email, token)
	return token
}

func adminToken(t *testing.T) string    { t.Helper(); return tokenOf(t, shop.admin) }
func customerToken(t *testing.T) string { t.Helper(); return tokenOf(t, shop.customer) }

// newAccount makes a confirmed account for one test, in no group.
func newAccount(t *testing.T) account {
	t.Helper()
	a := account{newID() + "@nordlicht.example", "Passw0rd-for-tests"}
	_, err := shop.accounts.AdminCreateUser(t.Context(), &cognito.AdminCreateUserInput{
		UserPoolId: &shop.config.UserPoolID, Username: &a.email, MessageAction: cognitotypes.MessageActionTypeSuppress,
		UserAttributes: []cognitotypes.AttributeType{
			{Name: aws.String("email"), Value: &a.email}, {Name: aws.String("email_verified"), Value: aws.String("true")},
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { deleteAccount(t, a) })
	_, err = shop.accounts.AdminSetUserPassword(t.Context(), &cognito.AdminSetUserPasswordInput{
		UserPoolId: &shop.config.UserPoolID, Username: &a.email, Password: &a.password, Permanent: true,
	})
	require.NoError(t, err)
	return a
}

func deleteAccount(t *testing.T, a account) {
	t.Helper()
	_, err := shop.accounts.AdminDeleteUser(context.Background(), &cognito.AdminDeleteUserInput{UserPoolId: &shop.config.UserPoolID, Username: &a.email})
	if !errors.As(err, new(*cognitotypes.UserNotFoundException)) {
		require.NoError(t, err)
	}
}

// label names a subtest after a value that may be anything.
func label(value any) string { return fmt.Sprintf("%.60q", fmt.Sprint(value)) }

// inParallel runs n calls at once and returns their results in order.
func inParallel[T any](n int, call func(i int) T) []T {
	results := make([]T, n)
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			results[i] = call(i)
		})
	}
	close(start)
	group.Wait()
	return results
}
