package handler

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"
)

// tracer sends segments to the X-Ray daemon that Lambda runs beside a traced function. It is the small part of the X-Ray SDK that
// the shop needs: the SDK itself makes a small function more than twice as large (zipped 5.2 MB instead of 2.4 MB).
//
// Nothing here can fail a request or hold it up: a segment is one datagram, and what cannot be sent at once is dropped.
type tracer struct {
	daemon net.Conn
}

// newTracer returns the tracer of this process; nil, which traces nothing, if no daemon is there.
func newTracer() *tracer {
	address, err := netip.ParseAddrPort(os.Getenv("AWS_XRAY_DAEMON_ADDRESS"))
	if err != nil {
		return nil // not traced; a name instead of an address would have to be looked up first, and Lambda gives none
	}
	daemon, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(address))
	if err != nil {
		return nil
	}
	return &tracer{daemon}
}

// span is a piece of work in a trace: a subsegment, in X-Ray's words, of the function's own segment. A nil span, of work that is not
// traced, does nothing.
type span struct {
	tracer *tracer

	mu       sync.Mutex
	document subsegment
}

// subsegment is a document that is sent by itself ("AWS X-Ray segment documents" in the X-Ray developer guide).
type subsegment struct {
	Name        string         `json:"name"`
	ID          string         `json:"id"`
	TraceID     string         `json:"trace_id"`
	ParentID    string         `json:"parent_id"`
	Type        string         `json:"type"`
	StartTime   float64        `json:"start_time"` // in seconds
	EndTime     float64        `json:"end_time"`
	Fault       bool           `json:"fault,omitempty"`
	Annotations map[string]any `json:"annotations,omitempty"`
}

// The limits of a segment document.
const (
	maxSpanName       = 200
	maxAnnotations    = 50
	maxAnnotationText = 1000
	maxSend           = time.Millisecond
)

// start begins a span under the segment that a trace header names: Root=…;Parent=…;Sampled=1. It is nil if the trace is not sampled.
func (t *tracer) start(header, name string) *span {
	if t == nil {
		return nil
	}
	fields := map[string]string{}
	for field := range strings.SplitSeq(header, ";") {
		key, value, _ := strings.Cut(field, "=")
		fields[strings.TrimSpace(key)] = value
	}
	if fields["Sampled"] != "1" || fields["Root"] == "" || fields["Parent"] == "" {
		return nil
	}
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return &span{tracer: t, document: subsegment{
		Name: spanName(name), ID: hex.EncodeToString(id[:]), TraceID: fields["Root"], ParentID: fields["Parent"],
		Type: "subsegment", StartTime: seconds(time.Now()), Annotations: map[string]any{},
	}}
}

// spanName keeps what X-Ray accepts in a name: letters, digits, white space and _.:/%&#=+\-@.
func spanName(name string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case isWord(r), strings.ContainsRune(` .:/%&#=+\-@`, r):
			return r
		}
		return '_'
	}, name))
	return name[:min(maxSpanName, len(name))]
}

// isWord tells A-Za-z0-9_ from other characters.
func isWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// annotate adds something that the trace can be found by.
func (s *span) annotate(key string, value any) {
	if s == nil {
		return
	}
	key = strings.Map(func(r rune) rune {
		if isWord(r) {
			return r
		}
		return '_'
	}, key)
	if text, ok := value.(string); ok {
		if runes := []rune(text); len(runes) > maxAnnotationText {
			value = string(runes[:maxAnnotationText])
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.document.Annotations[key]; known || len(s.document.Annotations) < maxAnnotations {
		s.document.Annotations[key] = value
	}
}

// end sends the span.
func (s *span) end(failed bool) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.document.EndTime, s.document.Fault = seconds(time.Now()), failed
	document, err := json.Marshal(s.document)
	if err != nil {
		return // a number that JSON has not, such as infinity
	}
	_ = s.tracer.daemon.SetWriteDeadline(time.Now().Add(maxSend))
	_, _ = s.tracer.daemon.Write(append([]byte(`{"format":"json","version":1}`+"\n"), document...))
}
