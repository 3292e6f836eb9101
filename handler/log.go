package handler

import (
	"context"
	"io"
	"log/slog"
)

// loggerKey is where a request's logger is kept in its context.
type loggerKey struct{}

// Logger returns the logger of the request that ctx belongs to. Every line carries the request's correlation id,
// Lambda request id and X-Ray trace id, and whether the request met a cold start.
func Logger(ctx context.Context) *slog.Logger {
	if logger, ok := ctx.Value(loggerKey{}).(*slog.Logger); ok {
		return logger
	}
	return slog.Default()
}

// newLogger writes one JSON object a line. Its keys timestamp, level and message are those that Lambda's own log-level
// filter and CloudWatch Logs Insights know.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return a
			}
			switch a.Key {
			case slog.TimeKey:
				a.Key = "timestamp"
			case slog.MessageKey:
				a.Key = "message"
			}
			return a
		},
	}))
}
