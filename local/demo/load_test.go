package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

var _ S3PutAPI = (*s3.Client)(nil)

// shop is an API and a media bucket in memory.
type shop struct {
	sync.Mutex
	t        *testing.T
	server   *httptest.Server
	products map[string]map[string]any
	pictures map[string]string // content type by key
	tokens   int               // tokens handed out
	valid    string            // the only token that the API takes
	puts     int
	gets     int
	// trouble may answer a request instead of the shop.
	trouble func(w http.ResponseWriter, r *http.Request) bool
	// hidden products are there but not in the list.
	hidden bool
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, products: map[string]map[string]any{}, pictures: map[string]string{}, valid: "token-1"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/products", s.list)
	mux.HandleFunc("GET /api/products/{id}", s.get)
	mux.HandleFunc("PUT /api/products/{id}", s.put)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Lock()
		defer s.Unlock()
		if s.trouble == nil || !s.trouble(w, r) {
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.server.Close)
	return s
}

func (s *shop) list(w http.ResponseWriter, r *http.Request) {
	s.gets++
	items, from := []map[string]any{}, 0
	if cursor := r.URL.Query().Get("cursor"); cursor != "" {
		from, _ = strconv.Atoi(cursor)
	}
	all := Products()
	for ; from < len(all) && len(items) < 100; from++ {
		if p, ok := s.products[all[from].ID]; ok && !s.hidden {
			items = append(items, p)
		}
	}
	page := map[string]any{"items": items}
	if from < len(all) || s.hidden {
		page["nextCursor"] = strconv.Itoa(from)
	}
	_ = json.NewEncoder(w).Encode(page)
}

func (s *shop) get(w http.ResponseWriter, r *http.Request) {
	s.gets++
	if p, ok := s.products[r.PathValue("id")]; ok {
		_ = json.NewEncoder(w).Encode(p)
		return
	}
	problem(w, http.StatusNotFound, "no such product")
}

func (s *shop) put(w http.ResponseWriter, r *http.Request) {
	s.puts++
	id := r.PathValue("id")
	if r.Header.Get("Authorization") != "Bearer "+s.valid {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message":"Unauthorized"}`)
		return
	}
	if r.Header.Get("If-None-Match") != "*" || r.Header.Get("Content-Type") != "application/json" {
		problem(w, http.StatusPreconditionRequired, "want If-None-Match: * and JSON")
		return
	}
	if _, ok := s.pictures["media/products/"+id+".svg"]; !ok {
		problem(w, http.StatusConflict, "the picture is not there yet")
		return
	}
	if _, ok := s.products[id]; ok {
		problem(w, http.StatusPreconditionFailed, "exists")
		return
	}
	var p map[string]any
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	p["productId"] = id
	s.products[id] = p
	w.WriteHeader(http.StatusCreated)
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"title":%q,"status":%d,"detail":%q,"correlationId":"c-1"}`, http.StatusText(status), status, detail)
}

// PutObject stores a picture.
func (s *shop) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.Lock()
	defer s.Unlock()
	if aws.ToString(in.Bucket) != "media" || aws.ToString(in.CacheControl) != "public, max-age=86400" {
		return nil, errors.New("wrong bucket or cache control")
	}
	s.pictures[aws.ToString(in.Key)] = aws.ToString(in.ContentType)
	return &s3.PutObjectOutput{}, nil
}

func (s *shop) options() Options {
	return Options{
		APIURL: s.server.URL + "/api", MediaBucket: "media", S3: s, firstPause: time.Millisecond,
		Bearer: func(context.Context) (string, error) {
			s.Lock()
			defer s.Unlock()
			s.tokens++
			return fmt.Sprintf("token-%d", s.tokens), nil
		},
	}
}

func TestLoad_FillsAnEmptyShopAndLeavesAFullOneAlone(t *testing.T) {
	s := newShop(t)
	var reports []int
	o := s.options()
	o.Progress = func(done, total int) {
		require.Equal(t, 200, total)
		reports = append(reports, done)
	}
	result, err := Load(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, Result{Created: 200}, result)
	require.Len(t, s.products, 200)
	require.Len(t, s.pictures, 200)
	require.Equal(t, "image/svg+xml", s.pictures["media/products/fjell-linen-table-lamp.svg"])
	require.Equal(t, "EUR", s.products["fjell-linen-table-lamp"]["currency"])
	require.Equal(t, []any{"/media/products/fjell-linen-table-lamp.svg"}, s.products["fjell-linen-table-lamp"]["images"])
	require.Equal(t, 1, s.tokens, "one token serves all")
	require.Len(t, reports, 200)
	require.IsIncreasing(t, reports)

	s.pictures, s.puts, s.gets = map[string]string{}, 0, 0
	result, err = Load(t.Context(), s.options())
	require.NoError(t, err)
	require.Equal(t, Result{Existing: 200}, result)
	require.Empty(t, s.pictures)
	require.Zero(t, s.puts)
	require.LessOrEqual(t, s.gets, 3, "a warm run only reads the list")
}

func TestLoad_CreatesOnlyWhatIsMissing(t *testing.T) {
	s := newShop(t)
	s.products["field-compass"] = map[string]any{"productId": "field-compass", "name": "Changed by the shopkeeper"}
	result, err := Load(t.Context(), s.options())
	require.NoError(t, err)
	require.Equal(t, Result{Created: 199, Existing: 1}, result)
	require.Equal(t, "Changed by the shopkeeper", s.products["field-compass"]["name"])
}

func TestLoad_AsksOneByOneInALargeShop(t *testing.T) {
	s := newShop(t)
	_, err := Load(t.Context(), s.options())
	require.NoError(t, err)
	delete(s.products, "field-compass")
	s.valid = "token-2" // each run asks for its own
	s.hidden, s.pictures = true, map[string]string{}
	result, err := Load(t.Context(), s.options())
	require.NoError(t, err)
	require.Equal(t, Result{Created: 1, Existing: 199}, result)
	require.Len(t, s.pictures, 1)
}

func TestLoad_CountsAProductThatAppearsMeanwhileAsExisting(t *testing.T) {
	s := newShop(t)
	s.trouble = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/field-compass") {
			s.products["field-compass"] = map[string]any{"productId": "field-compass"}
		}
		return false
	}
	result, err := Load(t.Context(), s.options())
	require.NoError(t, err)
	require.Equal(t, Result{Created: 199, Existing: 1}, result)
}

func TestLoad_RepeatsWhatFailsForAPassingReason(t *testing.T) {
	s := newShop(t)
	failures := map[string]int{}
	s.trouble = func(w http.ResponseWriter, r *http.Request) bool {
		failures[r.URL.Path]++
		switch failures[r.URL.Path] {
		case 1:
			problem(w, http.StatusTooManyRequests, "slow down")
		case 2:
			problem(w, http.StatusBadGateway, "a moment")
		case 3:
			panic(http.ErrAbortHandler) // the connection breaks
		default:
			return false
		}
		return true
	}
	result, err := Load(t.Context(), s.options())
	require.NoError(t, err)
	require.Equal(t, Result{Created: 200}, result)
}

func TestLoad_GivesUpAfterManyAttempts(t *testing.T) {
	s := newShop(t)
	s.trouble = func(w http.ResponseWriter, r *http.Request) bool {
		problem(w, http.StatusServiceUnavailable, "closed")
		return true
	}
	_, err := Load(t.Context(), s.options())
	require.ErrorContains(t, err, "503 Service Unavailable: closed (correlation id c-1) (given up after 6 attempts)")
}

func TestLoad_NamesTheProductTheStatusAndTheDetail(t *testing.T) {
	s := newShop(t)
	s.trouble = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/field-compass") {
			return false
		}
		problem(w, http.StatusForbidden, "only administrators may write")
		return true
	}
	result, err := Load(t.Context(), s.options())
	require.ErrorContains(t, err, "loading demo product field-compass: PUT "+s.server.URL+"/api/products/field-compass: 403 Forbidden: only administrators may write")
	require.Less(t, result.Created, 200)
	require.LessOrEqual(t, result.Created, len(s.products))
}

func TestLoad_RenewsTheTokenOnceForAllWorkers(t *testing.T) {
	s := newShop(t)
	s.valid = "token-2"
	result, err := Load(t.Context(), s.options())
	require.NoError(t, err)
	require.Equal(t, Result{Created: 200}, result)
	require.Equal(t, 2, s.tokens)
}

func TestLoad_StopsWhenTheNewTokenIsRefusedToo(t *testing.T) {
	s := newShop(t)
	s.valid = "none"
	_, err := Load(t.Context(), s.options())
	require.ErrorContains(t, err, "401 Unauthorized: Unauthorized")
	require.Empty(t, s.products)
}

func TestLoad_StopsWhenCancelled(t *testing.T) {
	s := newShop(t)
	ctx, cancel := context.WithCancel(t.Context())
	o := s.options()
	o.firstPause = time.Hour // it must not wait for the pause either
	s.trouble = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || len(s.products) < 20 {
			return false
		}
		problem(w, http.StatusServiceUnavailable, "a moment")
		time.AfterFunc(5*time.Millisecond, cancel)
		return true
	}
	result, err := Load(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	require.LessOrEqual(t, result.Created, 20)
}

func TestLoad_TellsWhenAPictureCannotBeStored(t *testing.T) {
	s := newShop(t)
	o := s.options()
	o.MediaBucket = "other"
	_, err := Load(t.Context(), o)
	require.ErrorContains(t, err, "storing its picture s3://other/media/products/")
	require.ErrorContains(t, err, "wrong bucket")
	require.Empty(t, s.products)
}

func TestLoad_WantsItsOptions(t *testing.T) {
	_, err := Load(t.Context(), Options{APIURL: "http://localhost"})
	require.ErrorContains(t, err, "set the missing options: MediaBucket, Bearer, S3")
}
