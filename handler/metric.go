package handler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"
)

// MetricNamespace is where CloudWatch keeps the shop's own metrics.
const MetricNamespace = "Shop"

// The limits of CloudWatch's embedded metric format.
const (
	maxMetricName     = 1024
	maxDimensions     = 30 // with the stack
	maxDimensionValue = 1024
)

// Count adds to a metric of the shop's own in CloudWatch: one line in the log, in the embedded metric format, from which CloudWatch
// makes the metric. It costs no call to AWS and cannot fail the work.
//
// name is the metric's, such as "OrdersPlaced". The metric has the dimension stack, and those given as names and values in turn:
//
//	handler.Count(ctx, "OrdersPlaced", 1, "currency", order.Currency)
//
// Every combination of values is a metric that is paid for, so never give ids: those belong into [Annotate].
func Count(ctx context.Context, name string, value float64, dimensions ...string) {
	function, correlationID := slog.Default(), ""
	if s := scopeOf(ctx); s != nil {
		function, correlationID = s.function, s.correlationID
	}
	names, attributes, err := dimensionsOf(name, dimensions)
	if math.IsNaN(value) || math.IsInf(value, 0) {
		err = errors.Join(err, fmt.Errorf("value is %v, want a number", value))
	}
	if err != nil {
		Logger(ctx).Error("metric cannot be counted", "metric", name, "error", err)
		return
	}
	now := time.Now()
	line := slog.NewRecord(now, slog.LevelInfo, "metric", 0)
	line.AddAttrs(
		slog.Any("_aws", embeddedMetrics{Timestamp: now.UnixMilli(), CloudWatchMetrics: []metricDirective{{
			Namespace: MetricNamespace, Dimensions: [][]string{names}, Metrics: []metricDefinition{{Name: name, Unit: "Count"}},
		}}}),
		slog.Float64(name, value), slog.String("correlationId", correlationID), slog.String("requestId", lambdaRequestID(ctx)),
	)
	line.AddAttrs(attributes...)
	_ = function.Handler().Handle(ctx, line) // whatever the log level: a metric is no message
}

// embeddedMetrics is the member _aws of a line in the embedded metric format ("Specification: Embedded metric format" in the CloudWatch
// user guide).
type embeddedMetrics struct {
	Timestamp         int64
	CloudWatchMetrics []metricDirective
}

type metricDirective struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metricDefinition
}

type metricDefinition struct {
	Name string
	Unit string
}

// metricMembers are the line's members beside the metric and its dimensions.
var metricMembers = []string{"_aws", "timestamp", "level", "message", "function", stackDimension, "correlationId", "requestId"}

// stackDimension is the dimension that every metric has. The function's logger has its value.
const stackDimension = "stack"

// dimensionsOf returns the names of a metric's dimensions, and the line's members that hold their values. No member may have the
// name of another.
func dimensionsOf(metric string, pairs []string) (names []string, values []slog.Attr, err error) {
	if len(pairs)%2 != 0 || len(pairs)/2 >= maxDimensions {
		return nil, nil, fmt.Errorf("dimensions are %q, want names and values in turn, at most %d of each", pairs, maxDimensions-1)
	}
	if metric == "" || len(metric) > maxMetricName || slices.Contains(metricMembers, metric) {
		err = fmt.Errorf("metric is called %.60q, want 1–%d bytes and none of %v", metric, maxMetricName, metricMembers)
	}
	taken := append(slices.Clone(metricMembers), metric)
	names = []string{stackDimension}
	for pair := range slices.Chunk(pairs, 2) {
		name, value := pair[0], pair[1]
		if name == "" || slices.Contains(taken, name) || value == "" || len(value) > maxDimensionValue {
			err = errors.Join(err, fmt.Errorf("dimension %q = %.60q, want a name of its own, none of %v, and a value of 1–%d bytes",
				name, value, taken, maxDimensionValue))
		}
		taken, names, values = append(taken, name), append(names, name), append(values, slog.String(name, value))
	}
	return names, values, err
}
