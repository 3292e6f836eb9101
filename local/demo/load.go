package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	// workers is how many products are written at a time: enough to be quick, few enough for a small account's limits.
	workers = 8
	// attempts is how often one request to the API is tried.
	attempts = 6
	// longestPause caps the growing pause between two attempts.
	longestPause = 5 * time.Second
	// pageSize is the API's largest page, and maxPages how far the shop's list is read to see what is there already.
	// In a shop with more products than that, the rest of the catalogue is asked for one by one.
	pageSize, maxPages = 100, 5
)

// S3PutAPI is the part of *s3.Client that the loader needs.
type S3PutAPI interface {
	// PutObject stores one object.
	PutObject(ctx context.Context, in *s3.PutObjectInput, opts ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// Options say where and how to load the catalogue.
type Options struct {
	// APIURL is the shop's HTTP API without the final slash, such as https://abc.execute-api.eu-central-1.amazonaws.com/api.
	APIURL string
	// MediaBucket is the bucket for the pictures.
	MediaBucket string
	// Bearer returns an access token of an administrator. It is asked once, and once more when the API no longer takes the token.
	Bearer func(context.Context) (string, error)
	// S3 stores the pictures. Retries are its own business; an *s3.Client has them by default.
	S3 S3PutAPI
	// Progress, when set, is told how many of the products are done. Calls do not overlap.
	Progress func(done, total int)
	// Client sends the requests to the API. Default: a client with a time limit of 30 seconds per request.
	Client *http.Client

	firstPause time.Duration // the first pause before a retry; tests shorten it
}

// Result counts what Load found and did.
type Result struct {
	// Created is how many products were written.
	Created int
	// Existing is how many were there already and were left alone.
	Existing int
}

// Load puts the demo catalogue into a shop: the pictures into the media bucket, the products through the API.
//
// It is idempotent: a product that is there already stays as it is, also when a shopkeeper has changed it. A product's
// picture is stored before the product is created, so no product of the catalogue is ever without its picture. When
// everything is there, Load only reads the list of products.
//
// Requests that fail for a passing reason (429, 5xx, network) are repeated with growing pauses. The first other
// failure stops the load; the Result then counts what was done until then, and running Load again continues.
func Load(ctx context.Context, o Options) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 30 * time.Second}
	}
	if o.firstPause == 0 {
		o.firstPause = 200 * time.Millisecond
	}
	l := &loader{Options: o, total: len(catalog())}
	l.APIURL = strings.TrimRight(o.APIURL, "/")

	present, complete, err := l.list(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("loading the demo catalogue: %w", err)
	}
	var missing []Product
	for _, p := range catalog() {
		if present[p.ID] {
			l.done(&l.result.Existing)
		} else {
			missing = append(missing, p)
		}
	}
	err = l.each(ctx, missing, func(ctx context.Context, p Product) error {
		if err := l.ensure(ctx, p, complete); err != nil {
			return fmt.Errorf("loading demo product %s: %w", p.ID, err)
		}
		return nil
	})
	return l.result, err
}

// check collects every missing option at once.
func (o Options) check() error {
	var missing []string
	for _, option := range []struct {
		name   string
		absent bool
	}{{"APIURL", o.APIURL == ""}, {"MediaBucket", o.MediaBucket == ""}, {"Bearer", o.Bearer == nil}, {"S3", o.S3 == nil}} {
		if option.absent {
			missing = append(missing, option.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("loading the demo catalogue: set the missing options: %s", strings.Join(missing, ", "))
	}
	return nil
}

// loader is one run of Load.
type loader struct {
	Options
	total int

	progress sync.Mutex // guards result and orders the calls of Progress
	result   Result

	auth  sync.Mutex // guards token, and lets only one worker renew it
	token string
}

// done counts a product and reports the progress.
func (l *loader) done(counter *int) {
	l.progress.Lock()
	defer l.progress.Unlock()
	*counter++
	if l.Progress != nil {
		l.Progress(l.result.Created+l.result.Existing, l.total)
	}
}

// each does the work for all products, some at a time, until the first error. That error is returned.
func (l *loader) each(parent context.Context, products []Product, work func(context.Context, Product) error) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	queue := make(chan Product)
	var group sync.WaitGroup
	for range min(workers, len(products)) {
		group.Go(func() {
			for p := range queue {
				if err := work(ctx, p); err != nil {
					stop(err) // only the first cause counts
					return
				}
			}
		})
	}
feed:
	for _, p := range products {
		select {
		case queue <- p:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	group.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// ensure creates the product unless it is there; knownMissing saves the question.
func (l *loader) ensure(ctx context.Context, p Product, knownMissing bool) error {
	address := l.APIURL + "/products/" + p.ID
	if !knownMissing {
		answer, err := l.send(ctx, http.MethodGet, address, nil, http.StatusOK, http.StatusNotFound)
		if err != nil {
			return err
		}
		if answer.status == http.StatusOK {
			l.done(&l.result.Existing)
			return nil
		}
	}
	if err := l.upload(ctx, p); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{
		"name": p.Name, "description": p.Description, "category": p.Category, "priceCents": p.PriceCents,
		"currency": "EUR", "stock": p.Stock, "images": []string{p.ImagePath()},
	})
	if err != nil {
		return fmt.Errorf("encoding the product: %w", err)
	}
	answer, err := l.send(ctx, http.MethodPut, address, body, http.StatusCreated, http.StatusPreconditionFailed)
	if err != nil {
		return err
	}
	if answer.status == http.StatusCreated {
		l.done(&l.result.Created)
	} else {
		l.done(&l.result.Existing)
	}
	return nil
}

// upload stores the product's picture.
func (l *loader) upload(ctx context.Context, p Product) error {
	_, err := l.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket:       aws.String(l.MediaBucket),
		Key:          aws.String(p.imageKey()),
		Body:         bytes.NewReader(Picture(p)),
		ContentType:  aws.String("image/svg+xml"),
		CacheControl: aws.String("public, max-age=86400"),
	})
	if err != nil {
		return fmt.Errorf("storing its picture s3://%s/%s: %w", l.MediaBucket, p.imageKey(), err)
	}
	return nil
}

// list reads which products the shop has. complete tells whether it saw all of them.
func (l *loader) list(ctx context.Context) (present map[string]bool, complete bool, err error) {
	present = map[string]bool{}
	cursor := ""
	for range maxPages {
		query := url.Values{"limit": {strconv.Itoa(pageSize)}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		address := l.APIURL + "/products?" + query.Encode()
		answer, err := l.send(ctx, http.MethodGet, address, nil, http.StatusOK)
		if err != nil {
			return nil, false, err
		}
		var page struct {
			Items []struct {
				ProductID string `json:"productId"`
			} `json:"items"`
			NextCursor string `json:"nextCursor"`
		}
		if err := json.Unmarshal(answer.body, &page); err != nil {
			return nil, false, fmt.Errorf("GET %s: want a JSON list of products: %w", address, err)
		}
		for _, item := range page.Items {
			present[item.ProductID] = true
		}
		if cursor = page.NextCursor; cursor == "" {
			return present, true, nil
		}
	}
	return present, false, nil
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send makes a request to the API and returns the answer if its status is one of want. A body makes it a conditional
// creation by an administrator.
func (l *loader) send(ctx context.Context, method, address string, body []byte, want ...int) (answer, error) {
	renewed := false
	for attempt := 1; ; attempt++ {
		token, err := l.bearer(ctx, body != nil, "")
		if err != nil {
			return answer{}, err
		}
		got, err := l.once(ctx, method, address, token, body)
		if err == nil {
			for _, status := range want {
				if got.status == status {
					return got, nil
				}
			}
			err = fmt.Errorf("%s %s: %s", method, address, got.problem())
			if got.status == http.StatusUnauthorized && body != nil && !renewed {
				renewed = true
				if _, err := l.bearer(ctx, true, token); err != nil {
					return answer{}, err
				}
				continue
			}
			if got.status != http.StatusTooManyRequests && got.status < 500 {
				return answer{}, err
			}
		}
		if ctx.Err() != nil {
			return answer{}, context.Cause(ctx)
		}
		if attempt == attempts {
			return answer{}, fmt.Errorf("%w (given up after %d attempts)", err, attempt)
		}
		if err := l.pause(ctx, attempt, got.header.Get("Retry-After")); err != nil {
			return answer{}, err
		}
	}
}

// once makes one request.
func (l *loader) once(ctx context.Context, method, address, token string, body []byte) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", method, address, err)
	}
	request.Header.Set("Accept", "application/json, application/problem+json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("If-None-Match", "*")
		request.Header.Set("Authorization", "Bearer "+token)
	} else {
		request.Header.Set("Cache-Control", "no-cache") // what is there now, not five minutes ago
	}
	response, err := l.Client.Do(request)
	if err != nil {
		return answer{}, err // *url.Error names the method and the address
	}
	defer func() { _ = response.Body.Close() }() // the body is read to its end
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: reading the answer: %w", method, address, err)
	}
	return answer{response.StatusCode, response.Header, content}, nil
}

// bearer is the administrator's token, or none if the request needs none. A token that the API refused is replaced,
// once for all workers that hold it.
func (l *loader) bearer(ctx context.Context, needed bool, refused string) (string, error) {
	if !needed {
		return "", nil
	}
	l.auth.Lock()
	defer l.auth.Unlock()
	if l.token != "" && l.token != refused {
		return l.token, nil
	}
	token, err := l.Bearer(ctx)
	if err != nil {
		return "", fmt.Errorf("getting the administrator's token: %w", err)
	}
	if token == "" {
		return "", errors.New("getting the administrator's token: want an access token, got an empty one")
	}
	l.token = token
	return token, nil
}

// pause waits before the next attempt: twice as long each time, at random between half and all of it, so that the
// workers do not come back together. The server's own wish (Retry-After in seconds) is honoured up to the longest pause.
func (l *loader) pause(ctx context.Context, attempt int, retryAfter string) error {
	wait := min(l.firstPause<<(attempt-1), longestPause)
	wait = wait/2 + rand.N(wait/2+1) //nolint:gosec // pauses need no secrets
	if seconds, err := strconv.Atoi(retryAfter); err == nil && seconds > 0 {
		wait = max(wait, min(time.Duration(seconds)*time.Second, longestPause))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// problem describes an unwanted answer: the status and what the problem document (RFC 9457) says.
func (a answer) problem() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d %s", a.status, http.StatusText(a.status))
	var document struct {
		Title, Detail, Message, CorrelationID string
		Errors                                []struct{ Field, Message string }
	}
	if json.Unmarshal(a.body, &document) != nil {
		return text.String()
	}
	if said := cmp.Or(document.Detail, document.Title, document.Message); said != "" { // API Gateway itself says message
		text.WriteString(": " + said)
	}
	for _, e := range document.Errors {
		fmt.Fprintf(&text, "; %s: %s", e.Field, e.Message)
	}
	if document.CorrelationID != "" {
		text.WriteString(" (correlation id " + document.CorrelationID + ")")
	}
	return text.String()
}
