package components

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Observable is what a dashboard can show: every component of this library, and whatever else tells its metrics.
type Observable interface {
	// Panels are the graphs that tell how the component does.
	Panels() []Panel
}

// Panel is one graph. Within a [Section] the panels of all components with one Group and Title become one graph, with a line for each
// component, and the graphs of a Group stand in one row.
type Panel struct {
	// Group is what the row is about, in the plural, such as Functions.
	Group string
	// Title says what the graph shows, such as errors.
	Title string
	// Metrics are the lines: at most 500 in one graph.
	Metrics []Metric
}

// Metric is one line of a graph: a metric of CloudWatch, or the metrics that a search finds.
type Metric struct {
	// Label names the line, usually after the component.
	Label string
	// Namespace is the service, such as AWS/Lambda.
	Namespace string
	// Name of the metric, such as Errors.
	Name string
	// Dimensions are the resource that the metric is about.
	Dimensions map[string]pulumi.StringInput
	// Statistic is Sum, Average, Minimum, Maximum, SampleCount or a percentile such as p99.
	Statistic string
	// Period of one point: a multiple of 1 min. Default 5 min.
	Period time.Duration
	// Region is where the metric is. Default: the stack's own.
	Region string
	// Search is a SEARCH expression of CloudWatch's metric math, which stands for all metrics that it finds. Namespace, Name,
	// Dimensions and Statistic are then part of it and left out here.
	Search pulumi.StringInput
}

// Section is a part of a dashboard with a heading: usually one bounded context.
type Section struct {
	// Title is the heading.
	Title string
	// Watch are the components to be shown, in this order.
	Watch []Observable
}

// Limits of CloudWatch dashboards ("CloudWatch service quotas" and the dashboard body's structure in the CloudWatch user guide).
const (
	maxWidgets          = 500
	maxGraphMetrics     = 500
	maxDashboardMetrics = 2500
	maxWidgetAlarms     = 100
)

// A dashboard is 24 units wide; a graph is readable from a quarter of that.
const (
	dashboardWidth = 24
	headingHeight  = 1
	graphHeight    = 6
	graphsPerRow   = 4
	alarmsPerLine  = 6
)

// defaultMetricPeriod shows minutes of trouble as one point, and costs no more than CloudWatch's own metrics.
const defaultMetricPeriod = 5 * time.Minute

// dashboardBody is the JSON that CloudWatch calls a dashboard body.
type dashboardBody struct {
	Widgets []any `json:"widgets"`
}

// widget is a rectangle on the dashboard, with its upper left corner at X and Y.
type widget struct {
	Type       string `json:"type"`
	X          int    `json:"x"`
	Y          int    `json:"y"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Properties any    `json:"properties"`
}

type headingProperties struct {
	Markdown string `json:"markdown"`
}

type alarmProperties struct {
	Title  string `json:"title"`
	Alarms []any  `json:"alarms"`
}

type graphProperties struct {
	Title   string    `json:"title"`
	Region  string    `json:"region"`
	View    string    `json:"view"`
	Period  int       `json:"period"`
	YAxis   graphAxes `json:"yAxis"`
	Metrics []any     `json:"metrics"`
}

type graphAxes struct {
	Left graphAxis `json:"left"`
}

type graphAxis struct {
	Min int `json:"min"`
}

// lineOptions are what a graph's line ends with.
type lineOptions struct {
	Expression string `json:"expression,omitempty"`
	Label      string `json:"label"`
	Statistic  string `json:"stat,omitempty"`
	Period     int    `json:"period,omitempty"`
	Region     string `json:"region,omitempty"`
}

// dashboard is laid out from top to bottom.
type dashboard struct {
	region  string
	widgets []any // widget, or an output of one
	bottom  int
}

// heading begins a section.
func (d *dashboard) heading(title string) {
	d.widgets = append(d.widgets, widget{
		Type: "text", Y: d.bottom, Width: dashboardWidth, Height: headingHeight, Properties: headingProperties{Markdown: "## " + title},
	})
	d.bottom += headingHeight
}

// alarms shows the state of the alarms.
func (d *dashboard) alarms(alarms []pulumi.StringOutput) {
	for some := range slices.Chunk(alarms, maxWidgetAlarms) {
		arns := make([]any, len(some))
		for i, arn := range some {
			arns[i] = arn
		}
		w := widget{Type: "alarm", Y: d.bottom, Width: dashboardWidth, Height: 2 + (len(some)+alarmsPerLine-1)/alarmsPerLine}
		d.bottom += w.Height
		d.widgets = append(d.widgets, pulumi.All(arns...).ApplyT(func(arns []any) widget {
			w.Properties = alarmProperties{Title: "Alarms", Alarms: arns}
			return w
		}))
	}
}

// section shows the components under a heading: a row of graphs for each group.
func (d *dashboard) section(s Section) {
	d.heading(s.Title)
	graphs := s.graphs()
	for len(graphs) > 0 {
		end := 1
		for end < min(len(graphs), graphsPerRow) && graphs[end].Group == graphs[0].Group {
			end++
		}
		width := dashboardWidth / end
		for i, g := range graphs[:end] {
			d.widgets = append(d.widgets, g.graph(widget{X: i * width, Y: d.bottom, Width: width, Height: graphHeight}, d.region))
		}
		d.bottom += graphHeight
		graphs = graphs[end:]
	}
}

// body is the dashboard as JSON.
func (d *dashboard) body() pulumi.StringOutput {
	return pulumi.All(d.widgets...).ApplyT(func(widgets []any) string {
		return jsonText(dashboardBody{Widgets: widgets})
	}).(pulumi.StringOutput)
}

// graphs merges the panels that share a graph, and puts the graphs of a group next to each other. Groups and graphs come in the order in
// which the first component named them.
func (s Section) graphs() []Panel {
	var graphs []Panel
	groups := map[string]int{}
	for _, o := range s.Watch {
		for _, p := range o.Panels() {
			if _, known := groups[p.Group]; !known {
				groups[p.Group] = len(groups)
			}
			i := slices.IndexFunc(graphs, func(g Panel) bool { return g.Group == p.Group && g.Title == p.Title })
			if i < 0 {
				i = len(graphs)
				graphs = append(graphs, Panel{Group: p.Group, Title: p.Title})
			}
			graphs[i].Metrics = append(graphs[i].Metrics, p.Metrics...)
		}
	}
	slices.SortStableFunc(graphs, func(a, b Panel) int { return groups[a.Group] - groups[b.Group] })
	return graphs
}

// graph is the panel's widget, in the place of w.
func (p Panel) graph(w widget, region string) pulumi.Output {
	lines := make([]any, len(p.Metrics))
	for i, m := range p.Metrics {
		lines[i] = m.line()
	}
	return pulumi.All(lines...).ApplyT(func(lines []any) widget {
		w.Type = "metric"
		w.Properties = graphProperties{
			Title: p.Group + ": " + p.Title, Region: region, View: "timeSeries", Period: int(defaultMetricPeriod.Seconds()), Metrics: lines,
		}
		return w
	})
}

// line is the metric as a graph wants it: namespace, name, dimensions one after the other, options.
func (m Metric) line() pulumi.Output {
	options := lineOptions{Label: m.Label, Statistic: m.Statistic, Period: int(m.Period.Seconds()), Region: m.Region}
	if m.Search != nil {
		return m.Search.ToStringOutput().ApplyT(func(expression string) []any {
			options.Expression = expression
			return []any{options}
		})
	}
	return pulumi.StringMap(m.Dimensions).ToStringMapOutput().ApplyT(func(dimensions map[string]string) []any {
		line := []any{m.Namespace, m.Name}
		for _, name := range slices.Sorted(maps.Keys(dimensions)) {
			line = append(line, name, dimensions[name])
		}
		return append(line, options)
	})
}

// validate reports what CloudWatch would refuse.
func (s Section) validate(p *problems) (widgets, metrics int) {
	p.want(s.Title != "", "Section.Title", s.Title, "a heading")
	for i, o := range s.Watch {
		p.want(o != nil, fmt.Sprintf("Section %q, Watch[%d]", s.Title, i), nil, "a component")
	}
	if slices.Contains(s.Watch, nil) {
		return 0, 0
	}
	widgets = 1
	for _, g := range s.graphs() {
		field := fmt.Sprintf("Section %q, graph %q", s.Title, g.Group+": "+g.Title)
		p.want(len(g.Metrics) > 0 && len(g.Metrics) <= maxGraphMetrics, field, fmt.Sprintf("%d metrics", len(g.Metrics)), "1–500 metrics (CloudWatch quota)")
		for _, m := range g.Metrics {
			p.want(m.Period >= 0 && m.Period%time.Minute == 0, field+", Period", m.Period, "a multiple of 1m")
			p.want(m.Search != nil || m.Namespace != "" && m.Name != "" && m.Statistic != "", field, m.Namespace+" "+m.Name+" "+m.Statistic,
				"Namespace, Name and Statistic, or a Search")
		}
		widgets, metrics = widgets+1, metrics+len(g.Metrics)
	}
	return widgets, metrics
}
