package analytics

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/serverless-shop/serverless-shop/handler"
	"github.com/serverless-shop/serverless-shop/shop/event"
)

// ArchivePrefix is where the archive's objects are in its bucket.
const ArchivePrefix = "orders/"

// ArchiveClient is what an [Archive] needs of S3; *s3.Client has it.
type ArchiveClient interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// Archive keeps events for ever: objects of one JSON object a line, partitioned by the events' UTC day as Athena and others read
// it (orders/year=2026/month=11/day=22/…). It uses one action, PutObject.
//
// An event that is delivered twice may be in two objects: readers go by its id. What customers wrote is not in it: they may leave, and be
// forgotten.
type Archive struct {
	client ArchiveClient
	bucket string
}

// NewArchive returns the archive in the bucket of this name.
func NewArchive(client ArchiveClient, bucket string) *Archive {
	return &Archive{client: client, bucket: bucket}
}

// Store consumes a batch of events: one object for each day that they are of. Storing the same batch again changes nothing.
func (a *Archive) Store(ctx context.Context, events []handler.Event) error {
	days := map[string][]handler.Event{}
	for _, e := range events {
		day := e.Time.UTC().Format("year=2006/month=01/day=02/")
		days[day] = append(days[day], e)
	}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		name, content, err := object(days[day])
		if err != nil {
			return err
		}
		key := ArchivePrefix + day + name
		_, err = a.client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &a.bucket, Key: &key, Body: bytes.NewReader(content), ContentType: aws.String("application/x-ndjson"),
		})
		if err != nil {
			return fmt.Errorf("archiving %d events as %s in bucket %s: %w", len(days[day]), key, a.bucket, err)
		}
	}
	return nil
}

// object renders events, and names the object by what is in it.
func object(events []handler.Event) (name string, content []byte, err error) {
	var lines bytes.Buffer
	for _, e := range events {
		e, err := wordless(e)
		if err != nil {
			return "", nil, err
		}
		line, err := json.Marshal(e)
		if err != nil {
			return "", nil, fmt.Errorf("encoding event %s for the archive: %w", e.ID, err)
		}
		lines.Write(append(line, '\n'))
	}
	sum := sha256.Sum256(lines.Bytes())
	return events[0].Time.UTC().Format("150405.000-") + hex.EncodeToString(sum[:8]) + ".jsonl", lines.Bytes(), nil
}

// wordless returns an event without what its customer wrote.
func wordless(e handler.Event) (handler.Event, error) {
	if e.Type != event.Name(event.ReturnRequested{}) {
		return e, nil
	}
	var detail map[string]json.RawMessage
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return handler.Event{}, fmt.Errorf("reading the detail of event %s for the archive: %w", e.ID, err)
	}
	detail["reason"] = json.RawMessage(`""`)
	without, err := json.Marshal(detail)
	if err != nil {
		return handler.Event{}, fmt.Errorf("encoding the detail of event %s for the archive: %w", e.ID, err)
	}
	e.Detail = without
	return e, nil
}
