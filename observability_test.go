package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/serverless-shop/serverless-shop/internal/mocks"
)

const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm"

// dashboard is the text of the stack's dashboard: the labels of all lines, and all alarms.
func dashboard(t *testing.T, program *mocks.Program) (labels, alarms []string) {
	t.Helper()
	var body struct {
		Widgets []struct {
			Properties struct {
				Alarms  []string
				Metrics [][]any
			}
		}
	}
	text := program.Get(t, "aws:cloudwatch/dashboard:Dashboard", "observability").Inputs["dashboardBody"].(string)
	require.NoError(t, json.Unmarshal([]byte(text), &body))
	for _, w := range body.Widgets {
		alarms = append(alarms, w.Properties.Alarms...)
		for _, m := range w.Properties.Metrics {
			labels = append(labels, m[len(m)-1].(map[string]any)["label"].(string))
		}
	}
	return labels, alarms
}

// silent are the components of which CloudWatch has no metrics of their own.
var silent = []string{"MailSender", "Observability", "Secret"}

// unwatched are the components that have no line on the dashboard. What belongs to Observability itself needs none.
func unwatched(resources []mocks.Resource, labels []string) []string {
	var missing []string
	for _, r := range resources {
		kind, isComponent := strings.CutPrefix(r.Type, "shop:components:")
		if !isComponent || slices.Contains(silent, kind) || r.Parent == "observability" {
			continue
		}
		shown := slices.ContainsFunc(labels, func(l string) bool { return l == r.Name || strings.HasPrefix(l, r.Name+" ") })
		if !shown {
			missing = append(missing, kind+" "+r.Name)
		}
	}
	return missing
}

func TestShop_DashboardForgetsNoComponent(t *testing.T) {
	for _, name := range stacks {
		program, _, err := runShop(t, name, nil)
		require.NoError(t, err)
		labels, _ := dashboard(t, program)
		require.Empty(t, unwatched(program.Resources, labels), "stack %s: name them in a call of watch in package stack", name)

		forgotten := mocks.Resource{Type: "shop:components:WorkQueue", Name: "forgotten"}
		require.Equal(t, []string{"WorkQueue forgotten"}, unwatched(append(program.Resources, forgotten), labels), "the test sees what is missing")
	}
}

func TestShop_EveryAlarmIsHeardAndSeen(t *testing.T) {
	program, _, err := runShop(t, "prod", nil)
	require.NoError(t, err)
	require.Equal(t, "operations@nordlicht.example",
		program.Get(t, "aws:sns/topicSubscription:TopicSubscription", "observability-alarms-to-operations-nordlicht-example").Inputs["endpoint"])
	require.Equal(t, "500", program.Get(t, "aws:budgets/budget:Budget", "observability").Inputs["limitAmount"])

	_, shown := dashboard(t, program)
	topic := []any{"arn:aws:sns:eu-central-1:123456789012:topic/observability-alarms-1234567"}
	alarms := program.OfType(alarmType)
	require.NotEmpty(t, alarms)
	for _, alarm := range alarms {
		require.Equal(t, topic, alarm.Inputs["alarmActions"], alarm.Name)
		require.Contains(t, shown, "arn:aws:cloudwatch:eu-central-1:123456789012:metricalarm/"+alarm.Name+"-1234567")
	}

	program, _, err = runShop(t, "prod", map[string]string{"shop:alarms": "false", "shop:monthlyBudget": "0"})
	require.NoError(t, err)
	require.Empty(t, program.OfType(alarmType))
	require.Empty(t, program.OfType("aws:budgets/budget:Budget"))
}
