package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

// Upstream sends a request to a distribution's origin. The request carries method, path, query, headers and body as
// CloudFront would send them; Upstream adds the address and whatever proves that CloudFront sends it.
type Upstream interface {
	Send(r *http.Request, origin *types.Origin) (*http.Response, error)
}

// Emulator reaches origins at AWS hostnames in an AWS emulator: buckets by S3's REST API, signed, and HTTP APIs.
type Emulator struct {
	Endpoint    *url.URL
	Region      string
	Credentials aws.Credentials
	Client      *http.Client
}

// NewEmulator returns the upstream for an emulator at an endpoint such as http://127.0.0.1:4566.
func NewEmulator(endpoint, region string, credentials aws.Credentials) (*Emulator, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("emulator endpoint %q: want an address such as http://127.0.0.1:4566", endpoint)
	}
	return &Emulator{
		Endpoint: u, Region: region, Credentials: credentials,
		Client: &http.Client{
			Timeout:       35 * time.Second, // CloudFront waits 30 s for an origin, API Gateway 29 s for a function
			Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Send implements Upstream.
func (e *Emulator) Send(r *http.Request, origin *types.Origin) (*http.Response, error) {
	domain := aws.ToString(origin.DomainName)
	r.URL.Scheme, r.URL.Host = e.Endpoint.Scheme, e.Endpoint.Host
	if bucket, ok := s3Bucket(domain); ok {
		r.URL.Path, r.URL.RawPath = "/"+bucket+r.URL.Path, "/"+bucket+r.URL.EscapedPath()
		r.Host = e.Endpoint.Host
		r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		if err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).SignHTTP(
			r.Context(), e.Credentials, r, "UNSIGNED-PAYLOAD", "s3", e.Region, time.Now()); err != nil {
			return nil, fmt.Errorf("signing the request to bucket %s: %w", bucket, err)
		}
		return e.Client.Do(r)
	}
	if id, ok := apiID(domain); ok {
		r.Host = id + ".execute-api.localhost:" + e.Endpoint.Port()
		return e.Client.Do(r)
	}
	return nil, fmt.Errorf("origin %s at %s is neither a bucket nor an API of the emulator", aws.ToString(origin.Id), domain)
}

// isTimeout tells an origin that is too slow (504) from one that cannot be reached (502).
func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

type bodyCloser struct {
	io.Reader
	io.Closer
}
