package shop

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/serverless-shop/serverless-shop/local/edge"
	"github.com/serverless-shop/serverless-shop/local/engine"
)

// Serve runs the front door until ctx ends.
func (s *Settings) Serve(ctx context.Context, log *slog.Logger) error {
	credentials, err := s.AWS().Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	upstream, err := edge.NewEmulator(s.EmulatorURL(), region, credentials)
	if err != nil {
		return err
	}
	f := &frontDoor{Settings: s, edge: edge.New(upstream, log), log: log}
	if err := f.load(ctx); err != nil {
		log.Warn("the distribution cannot be read yet", "error", err)
	}
	go f.follow(ctx)
	server := &http.Server{
		Addr: net.JoinHostPort(s.Bind, strconv.Itoa(s.Port)), Handler: f,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 90 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: 20 << 10, // CloudFront refuses requests whose headers are larger
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	log.Info("listening", "address", server.Addr)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// frontDoor is the edge together with what only a local shop has, below /_local/.
type frontDoor struct {
	*Settings
	edge *edge.Edge
	log  *slog.Logger
	mu   sync.Mutex // one load at a time
}

func (f *frontDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	recorder := &statusRecorder{ResponseWriter: w}
	switch {
	case r.URL.Path == "/_local/reload" && r.Method == http.MethodPost:
		if err := f.load(r.Context()); err != nil {
			http.Error(recorder, err.Error(), http.StatusServiceUnavailable)
			break
		}
		recorder.WriteHeader(http.StatusNoContent)
	case r.URL.Path == "/_local/mails" && r.Method == http.MethodGet:
		f.mails(recorder, r)
	default:
		f.edge.ServeHTTP(recorder, r)
	}
	f.log.Info("request", "method", r.Method, "path", r.URL.Path, "status", recorder.status,
		"cache", recorder.Header().Get("X-Cache"), "ms", time.Since(began).Milliseconds())
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status for the log.
func (r *statusRecorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// load reads the deployed distribution and makes the edge serve it, with an empty cache.
func (f *frontDoor) load(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	stack := engine.Stack{State: f.stateDir(), Project: f.Project, Name: "local"}
	state, err := stack.ReadState()
	if err != nil {
		return err
	}
	id := state.Text("distributionId")
	if id == "" {
		return errors.New("stack local has no output distributionId: it is not deployed yet")
	}
	buckets := s3.NewFromConfig(f.AWS(), func(o *s3.Options) { o.UsePathStyle = true })
	config, err := edge.Load(ctx, cloudfront.NewFromConfig(f.AWS()), buckets, id)
	if err != nil {
		return err
	}
	return f.edge.Use(config)
}

// follow loads the distribution again after every deployment, also after a `pulumi up` that somebody typed. The state
// file changes all the time while one runs, so it waits until the file has been left alone for a moment.
func (f *frontDoor) follow(ctx context.Context) {
	file := engine.StateFile(f.stateDir(), f.Project, "local")
	seen := modified(file)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(500 * time.Millisecond):
		}
		now := modified(file)
		if now.Equal(seen) || now.IsZero() || time.Since(now) < time.Second {
			continue
		}
		seen = now
		if err := f.load(ctx); err != nil {
			f.log.Warn("the distribution cannot be read after a deployment", "error", err)
			continue
		}
		f.log.Info("the stack has changed: distribution read again, cache emptied")
	}
}

func modified(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// mail is a mail as the emulator shows it.
type mail struct {
	Source, Subject, BodyText, BodyHTML string
	To                                  []string
	Timestamp                           any
}

// Body is the mail's text, without markup where it has no other.
func (m mail) Body() string { return cmp.Or(m.BodyText, m.BodyHTML) }

// Time is when the mail was sent.
func (m mail) Time() string {
	switch t := m.Timestamp.(type) {
	case float64:
		return time.Unix(int64(t), 0).Format("15:04:05")
	case string:
		return t
	}
	return ""
}

// mails lists what the shop has sent, the last mail first: as JSON for programs, as a page for people.
func (f *frontDoor) mails(w http.ResponseWriter, r *http.Request) {
	mails, err := f.readMails(r.Context())
	if err != nil {
		http.Error(w, "The mails cannot be read; is the emulator well? Run: make status\n"+err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"mails": mails})
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := mailPage.Execute(w, mails); err != nil {
		f.log.Warn("writing the mails", "error", err)
	}
}

func (f *frontDoor) readMails(ctx context.Context) ([]mail, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.EmulatorURL()+"/_ministack/ses/messages", nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer struct{ Messages map[string][]mail }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the emulator answered %s: %w", res.Status, err)
	}
	mails := []mail{}
	for _, of := range answer.Messages {
		mails = append(mails, of...)
	}
	slices.Reverse(mails)
	return mails, nil
}

var mailPage = template.Must(template.New("mails").Parse(`<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mails of the local shop</title>
<style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#222}article{border:1px solid #ddd;border-radius:8px;padding:1rem;margin:1rem 0}h2{font-size:1rem;margin:0}p{margin:.3rem 0;color:#666;font-size:.9rem}pre{white-space:pre-wrap;font:inherit;margin:.8rem 0 0}</style>
<h1>Mails of the local shop</h1>{{range .}}<article><h2>{{.Subject}}</h2><p>{{.Time}} to {{range .To}}{{.}} {{end}}from {{.Source}}</p><pre>{{.Body}}</pre></article>{{else}}<p>Nothing has been sent yet.</p>{{end}}`))
